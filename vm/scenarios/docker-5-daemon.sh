# shellcheck shell=bash disable=SC2016
# Other settings of the daemon, and what only the default runtime does.

restart_with() { # jq-filter, for daemon.json; BuildKit takes its runtime from the environment
    daemon_json "$1"
    export DOCKER_BUILDKIT_RUNC_COMMAND=$work/builder
    printf '#!/bin/sh\ntouch %s\nexec %s "$@"\n' "$work/was-asked-to-build" "${paths[$runtime]}" >"$DOCKER_BUILDKIT_RUNC_COMMAND"
    chmod 755 "$DOCKER_BUILDKIT_RUNC_COMMAND"
    [[ ! -d /run/systemd/system ]] || systemctl set-environment DOCKER_BUILDKIT_RUNC_COMMAND="$DOCKER_BUILDKIT_RUNC_COMMAND"
    service restart docker
}
default_runtime() { restart_with ".[\"default-runtime\"] = \"${runtime/#runc/new-runc}\""; }
dockerfile() {
    rm -rf context && mkdir context
    printf 'FROM busybox\nRUN echo $$ built >/built && id -u >>/built\nRUN --network=none cat /built\nUSER 1000\nRUN touch /tmp/mine\nCMD ["cat", "/built"]\n' >context/Dockerfile
    [[ $1 != legacy ]] || sed -i 's/--network=none //' context/Dockerfile
}

scenario "build, by the legacy builder" '^1 built$' <<'END'
default_runtime
dockerfile legacy; DOCKER_BUILDKIT=0 docker build --quiet --tag built context >/dev/null 2>&1
docker run --rm --network none built
docker rmi built | grep -c Untagged
printf 'FROM busybox\nRUN exit 3\n' >context/Dockerfile; DOCKER_BUILDKIT=0 docker build --quiet context 2>&1 | tail -n 1
END
scenario "build, by BuildKit" '^1 built$' <<'END'
default_runtime
dockerfile buildkit; DOCKER_BUILDKIT=1 docker build --quiet --no-cache --tag built context >/dev/null
rm was-asked-to-build
docker run --rm --network none built
docker rmi built | grep -c Untagged
printf 'FROM busybox\nRUN exit 3\n' >context/Dockerfile; DOCKER_BUILDKIT=1 docker build --progress plain context 2>&1 | grep -o 'did not complete successfully.*'
END
scenario "as the default runtime" '^1$' <<'END'
default_runtime
command docker run --rm --network none busybox sh -c 'echo $$'
command docker info --format '{{.DefaultRuntime}}' | grep -cx "${runtime/#runc/new-runc}"
END
scenario "compose, two services" '^from web$' <<'END'
default_runtime
mkdir -p two && printf 'services:\n  web:\n    image: busybox\n    command: sh -c "while :; do echo from web | nc -l -p 80; done"\n    mem_limit: 64m\n  client:\n    image: busybox\n    depends_on: [web]\n    command: sh -c "for i in 1 2 3 4 5 6 7 8 9; do timeout 5 nc web 80 </dev/null | grep web && exit 4; sleep 1; done"\n' >two/compose.yaml
(cd two && docker-compose --progress quiet up --exit-code-from client 2>/dev/null | grep -o 'from web$')
(cd two && docker-compose --progress quiet ps --all --format '{{.Service}} {{.ExitCode}}' | sort)
(cd two && docker-compose --progress quiet down --timeout 1 2>/dev/null)
END
scenario "cgroups by cgroupfs" '^memory.max 67108864$' limits <<'END'
restart_with '.["exec-opts"] = ["native.cgroupdriver=cgroupfs"]'
options=(--memory 64m --cpus 1.5 --pids-limit 20); group_files memory.max cpu.max pids.max
quick --cgroupns host busybox cat /proc/self/cgroup
quick --cgroup-parent /above/it --cgroupns host busybox cat /proc/self/cgroup; rmdir /sys/fs/cgroup/above/it /sys/fs/cgroup/above
sleeper; docker pause box; docker unpause box; docker update --pids-limit 12 box; docker exec box cat /sys/fs/cgroup/pids.max; gone
END
scenario "--userns-remap" ' 65536$' <<'END'
restart_with '.["userns-remap"] = "default"'
command docker image inspect busybox >/dev/null 2>&1 || command docker import "$work/rootfs.tar" busybox >/dev/null
quick busybox sh -c 'cat /proc/self/uid_map; id -u; mount -t tmpfs x /tmp; touch /x && stat -c %u /x'
quick --userns host busybox cat /proc/self/uid_map
quick --tty busybox tty
quick --volume data:/data --tmpfs /t busybox sh -c 'touch /data/x /t/x && stat -c %u /data/x /t/x'
sleeper; docker exec box sh -c 'id -u; cat /proc/self/gid_map'; docker cp --quiet box:/etc/passwd - | tar -tf -; gone
quick --privileged busybox true
docker volume rm data
END
