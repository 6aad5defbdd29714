#!/usr/bin/env bash
# 200 containers of docker's, then 200 of podman's: started, entered and removed, many at the same time.
# vm: debian
# seconds: 5400
# shellcheck source=vm/lib.sh
source /vm/lib.sh

count=200 at_once=10

# What failed of all, a line each, of which there is to be none: the number is what {} stands for in the shell's words.
failures_of() { # first step words
    seq "$1" "$2" "$count" | xargs -P "$at_once" -I {} sh -c "($3) >/dev/null || echo {} failed" 2>&1
}
sleepers() { cat /proc/[0-9]*/comm 2>/dev/null | grep -cx sleep || true; }

load() { # engine, the beginning of its cgroups' names, words that start a container
    equal "$1: $count containers are started" "" "$(failures_of 1 1 "$3 --detach --network none --name load-{} busybox sleep 3600")"
    equal "$1: each program runs, in a cgroup of its own" "$count $count" \
        "$(sleepers) $(find /sys/fs/cgroup -type d -name "$2-*.scope" | wc -l)"
    equal "$1: each can be entered" "" "$(failures_of 1 1 "test \"\$($1 exec load-{} echo in {})\" = 'in {}'")"
    failures_of 1 2 "$1 rm --force --time 0 load-{}" >"$work/removed" &
    equal "$1: and half of them while the others are removed" "" "$(failures_of 2 2 "$1 exec load-{} true")"
    wait
    equal "$1: these are removed" "" "$(<"$work/removed")"
    equal "$1: the half that is left runs" $((count / 2)) "$(sleepers)"
    equal "$1: it is removed" "" "$(failures_of 2 2 "$1 rm --force load-{}")"
    nothing_left "$1: nothing is left, no process, mount, cgroup or state"
}

tar -C /vm/rootfs -cf "$work/rootfs.tar" .
mkdir -p /etc/docker
echo '{"runtimes": {"rt": {"path": "/usr/local/bin/rt"}}, "default-runtime": "rt"}' >/etc/docker/daemon.json
check "docker starts" service restart docker
docker import "$work/rootfs.tar" busybox >/dev/null
load docker docker "docker run"
service stop docker

podman --runtime /usr/local/bin/rt import --quiet "$work/rootfs.tar" busybox >/dev/null
load podman libpod "podman --runtime /usr/local/bin/rt run"
finish
