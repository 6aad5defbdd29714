#!/usr/bin/env bash
# docker, with the same commands under rt, runc and crun.
# vm: debian here
# seconds: 9000
# shellcheck source=vm/lib.sh
source /vm/lib.sh
# shellcheck source=vm/compare.sh
source /vm/compare.sh

daemon_json() { # jq-filter: docker with the three runtimes, and what the filter changes
    jq --null-input '{runtimes: {rt: {path: "/usr/local/bin/rt"}, "new-runc": {path: "/opt/peers/runc"}, crun: {path: "/opt/peers/crun"}}}'" | $1" \
        >/etc/docker/daemon.json
}
docker() {
    case $1 in
        run | create) timeout --foreground 120 docker "$1" --runtime "${runtime/#runc/new-runc}" "${@:2}" ;;
        *) timeout --foreground 120 docker "$@" ;;
    esac
}
quick() { docker run --rm --network none "$@"; }
sleeper() { docker run --detach --network none --name box "$@" busybox sleep 600 >/dev/null; } # in the background, as box
gone() { docker rm --force box >/dev/null; }
export -f docker quick
export runtime

mkdir -p /etc/docker
daemon_json .
check "docker starts" service restart docker
tar -C /vm/rootfs -cf "$work/rootfs.tar" .
docker import "$work/rootfs.tar" busybox >/dev/null
cd "$work"

for part in /vm/scenarios/docker-*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done

service stop docker
echo "# milliseconds of all scenarios: runc ${seconds[runc]}, crun ${seconds[crun]}, rt ${seconds[rt]}" >&3

# Docker's own, above those of its containers.
find /sys/fs/cgroup -depth -type d -path '*/docker*' -exec rmdir {} +
umount /run/docker/netns/default 2>/dev/null || true
finish
