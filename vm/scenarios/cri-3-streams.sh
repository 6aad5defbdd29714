# shellcheck shell=bash disable=SC2016
# Commands in a running container and what goes through their streams; logs; ports.

scenario "execSync: code, output and errors apart" '^\[3\]$' <<'END'
sleeper '.envs = [{key: "A", value: "1"}]'
cri execsync "$container" sh -c 'echo out $A; echo error >&2; exit 3'
cri execsync "$container" sh -c 'id; pwd; cat /proc/1/comm; grep -E "Cap|Secc|NoNew" /proc/self/status; ls /proc/self/fd; cat /proc/self/cgroup /proc/self/oom_score_adj'
cri execsync "$container" head -c 100000 /dev/zero | wc -c
rm_container
END
scenario "execSync: a timeout kills" 'DeadlineExceeded' <<'END'
sleeper .
cri execsync --timeout 1 "$container" sleep 77
sleep 0.5; cri execsync "$container" sh -c 'ps -o args | grep -c "[s]leep 77"'
rm_container
END
scenario "execSync: what can't be started" 'not found in \$path' <<'END'
sleeper .
cri execsync "$container" nothing-of-that-name 2>&1 | words
cri execsync "$container" /etc/passwd 2>&1 | words
cri execsync "$container" /etc 2>&1 | words
rm_container
END
scenario "execSync in a container of other ids" '^uid=1000' <<'END'
sleeper '.linux.security_context += {run_as_user: {value: 1000}, run_as_group: {value: 2000}, supplemental_groups: [3000], no_new_privs: true, capabilities: {drop_capabilities: ["ALL"]}} | .working_dir = "/tmp"'
cri execsync "$container" sh -c 'id; pwd; echo $HOME; grep -E "Cap|NoNew" /proc/self/status'
rm_container
END
scenario "exec in a container that has ended" '^\[125\]$' <<'END'
in_standing_pod; run end . true; ended
cri execsync "$container" true 2>&1 | grep -o 'container is in CONTAINER_EXITED state'
cri exec "$container" true 2>&1 | grep -o 'container is in CONTAINER_EXITED state'
cri execsync "$container" true >/dev/null 2>&1
rm_container
END
scenario "exec: standard input, output and errors, exit code" '^typed$' <<'END'
sleeper .
echo typed | cri exec -i "$container" cat
cri exec "$container" sh -c 'echo out; echo error >&2; exit 3'
head -c 1000000 /dev/zero | tr '\0' '\377' | cri exec -i "$container" cat | md5sum
cri exec "$container" nothing-of-that-name 2>&1 | words
rm_container
END
scenario "exec on a terminal" '^42$' <<'END'
sleeper .
LINES=50 COLUMNS=132 cri exec -t "$container" sh -c 'sleep 1; tty; stty size; sleep 1; exit 3'
(sleep 1; echo 'echo $((6 * 7))'; sleep 2) | cri exec -i -t "$container" sh -c 'read -r line; eval "$line"; sleep 1; exit 4'
rm_container
END
scenario "attach" '^got typed$' <<'END'
in_standing_pod; run reader '.stdin = true | .stdin_once = true' sh -c 'while read -r line; do echo got $line; done; exit 5'
echo typed | cri attach -i "$container"
ended; logs reader; rm_container
END
scenario "attach to a terminal" '^got typed$' <<'END'
in_standing_pod; run reader '.stdin = true | .tty = true' sh -c 'read -r line; echo got $line; stty size; exit 5'
(sleep 1; echo typed; sleep 1) | LINES=50 COLUMNS=132 cri attach -i -t "$container"
ended; rm_container
END
scenario "logs: by stream, and partial lines" '^stdout P no endxxx' <<'END'
in_standing_pod; run logging . sh -c 'echo out; sleep 0.2; echo error >&2; sleep 0.2; printf "no end"; sleep 0.2; head -c 20000 /dev/zero | tr "\0" x; echo'
ended; logs logging | cut -c 1-20; logs logging | wc -c; rm_container
END
scenario "logs: much" 'stdout F 200000$' <<'END'
in_standing_pod; run logging . sh -c 'seq 200000'
ended; echo $(logs logging | wc -l) $(logs logging | tail -n 1); rm_container
END
scenario "logs: a new file" '^stdout F second$' <<'END'
in_standing_pod; run logging . sh -c 'echo first; until test -e /tmp/go; do sleep 0.1; done; echo second; sleep 600'
until grep -q first logs/logging.log; do sleep 0.1; done; mv logs/logging.log logs/old
cri call ReopenContainerLog "{\"container_id\": \"$container\"}"; cri execsync "$container" touch /tmp/go
until grep -q second logs/logging.log; do sleep 0.1; done; cut -d ' ' -f 2- logs/old; logs logging
rm_container
END
scenario "port forward" '^from the pod$' <<'END'
in_standing_pod; run server . sh -c 'while :; do echo from the pod | nc -l -p 8080; done'
sleep 0.5; cri forward "$pod" 8080 </dev/null
cri forward "$pod" 8081 </dev/null 2>&1 | grep -o 'connection refused'
rm_container
END
