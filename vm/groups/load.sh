#!/usr/bin/env bash
# 200 containers of docker's, then 200 of podman's: started, entered and removed, many at the same time.
# vm: debian here
# seconds: 5400
# shellcheck source=vm/lib.sh
source /vm/lib.sh

count=200 at_once=10

# What failed of all, a line each, of which there is to be none: the number is what {} stands for in the shell's words.
failures_of() { # first step words
    seq "$1" "$2" "$count" | xargs -P "$at_once" -I {} sh -c "($3) >/dev/null || echo {} failed" 2>&1
}
sleepers() { cat /proc/[0-9]*/comm 2>/dev/null | grep -cx sleep || true; }

cgroups() { # the beginning of their names: those of its containers, by systemd or by the engine itself
    find /sys/fs/cgroup -type d -regextype egrep -regex ".*/($1-[0-9a-f]*[.]scope|$1-[0-9a-f]*|docker/[0-9a-f]*)" | wc -l
}

engines_own() { # what an engine has above its containers, and keeps; not where a container's is below
    rmdir /sys/fs/cgroup/docker /sys/fs/cgroup/libpod_parent/conmon /sys/fs/cgroup/libpod_parent 2>/dev/null || true
    umount /run/docker/netns/default /run/netns 2>/dev/null || true
}
states() { find /run/rt /run/docker /run/containerd /run/libpod /run/crun -name state.json 2>/dev/null || true; }
shims() { pgrep --list-name 'containerd-shim|conmon|rt-shim'; }

load() { # engine, the beginning of its cgroups' names, words that start a container, and that remove one
    equal "$1: $count containers are started" "" "$(failures_of 1 1 "$3 --detach --network none --name load-{} busybox sleep 3600")"
    equal "$1: each program runs, in a cgroup of its own" "$count $count" "$(sleepers) $(cgroups "$2")"
    equal "$1: each can be entered" "" "$(failures_of 1 1 "test \"\$($1 exec load-{} echo in {})\" = 'in {}'")"
    failures_of 1 2 "$4 load-{}" >"$work/removed" &
    local removal=$!
    equal "$1: and half of them while the others are removed" "" "$(failures_of 2 2 "$1 exec load-{} true")"
    wait "$removal"
    equal "$1: these are removed" "" "$(<"$work/removed")"
    equal "$1: the half that is left runs" $((count / 2)) "$(sleepers)"
    equal "$1: it is removed" "" "$(failures_of 2 2 "$4 load-{}")"
    eventually "$1: no shim is left" not shims
    equal "$1: no cgroup of a container is left" 0 "$(cgroups "$2")"
    equal "$1: no state is left" "" "$(states)"
    engines_own
    nothing_left "$1: nothing is left, no process, mount, cgroup or state"
}

tar -C /vm/rootfs -cf "$work/rootfs.tar" .
mkdir -p /etc/docker /etc/containers/containers.conf.d
rt doctor --engine docker | grep -v '^#' >/etc/docker/daemon.json
rt doctor --engine podman >/etc/containers/containers.conf.d/rt.conf
check "docker starts" service restart docker
docker import "$work/rootfs.tar" busybox >/dev/null
load docker docker "docker run" "docker rm --force"
service stop docker

[[ $VM_KIND != here ]] || printf '[containers]\npids_limit = 0\n' >/etc/containers/containers.conf
podman import --quiet "$work/rootfs.tar" busybox >/dev/null
load podman libpod "podman run" "podman rm --force --time 0"
finish
