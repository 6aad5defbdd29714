# shellcheck shell=bash disable=SC2016
# How containers are stopped, come back and are taken away; and containerd's own restart.

scenario "stop: SIGTERM is heeded" '^Error 3 $' <<'END'
in_standing_pod; run kind . sh -c 'trap "echo term; exit 3" TERM; echo ready; while :; do sleep 0.1; done'
until grep -q ready logs/kind.log; do sleep 0.1; done; stop 100; ended; logs kind; rm_container
END
scenario "stop: SIGKILL after the grace period" '^Error 137 $' <<'END'
in_standing_pod; run deaf . sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
until grep -q ready logs/deaf.log; do sleep 0.1; done; stop 1; ended; stop 1; rm_container
END
scenario "stop: at once" '^Error 137 $' <<'END'
sleeper .; stop 0; ended; rm_container
END
scenario "a container that crashes and is made again" '^3$' <<'END'
in_standing_pod; rm -rf data; mkdir data
for attempt in 0 1 2; do create crash ".metadata.attempt = $attempt | .log_path = \"crash-$attempt.log\" | .mounts = [{container_path: \"/data\", host_path: \"$PWD/data\"}]" sh -c 'echo x >>/data/count; exit $(wc -l </data/count)'; start; ended; rm_container; done
wc -l <data/count
END
scenario "remove a container that runs" '^gone$' <<'END'
sleeper .; rm_container; status >/dev/null 2>&1 || echo gone
END
scenario "start a container twice" '^\[125\]$' <<'END'
sleeper .; cri call StartContainer "{\"container_id\": \"$container\"}" 2>&1 | grep -o 'CONTAINER_RUNNING'; cri call StartContainer "{\"container_id\": \"$container\"}" >/dev/null 2>&1
rm_container
END
scenario "a checkpoint is refused" 'nothing is left' <<'END'
sleeper .; cri call CheckpointContainer "{\"container_id\": \"$container\", \"location\": \"$PWD/checkpoint.tar\"}" >/dev/null 2>&1 || echo refused
test -e checkpoint.tar || echo nothing is left; status .state; rm_container
END
scenario "containerd's restart" '^still here$' <<'END'
sleeper .; service restart containerd; until ready; do sleep 0.2; done
status .state; cri execsync "$container" echo still here; stop 0; ended; rm_container
once . echo new
END
