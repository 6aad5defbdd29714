#!/usr/bin/env bash
# docker, podman and containerd start containers with rt, from an image that is made here: those that can in scopes of systemd's,
# which is what they do where nobody tells them otherwise, and in cgroups of their own. They are configured as rt doctor says.
# vm: debian
# seconds: 1800
# shellcheck source=vm/lib.sh
source /vm/lib.sh

tar -C /vm/rootfs -cf "$work/rootfs.tar" .

runs() { # engine command...: which runs a program in a container of the image that goes with it
    local engine=$1
    shift
    equal "$engine: what a program prints" "1 here" "$("$@" sh -c 'echo $$ here' 2>&1)"
    exits "$engine: a program that ends" 0 "$@" true
    exits "$engine: its exit code" 7 "$@" sh -c 'exit 7'
}

limits() { # engine command...: which takes options for limits, then the image
    local engine=$1
    shift
    equal "$engine: --memory and --pids-limit" "33554432 20" \
        "$("$@" --memory 32m --pids-limit 20 busybox sh -c 'echo $(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max)' 2>&1)"
    exits "$engine: a program that takes more memory is killed" 137 "$@" --memory 32m --memory-swap 32m busybox \
        dd if=/dev/urandom of=/dev/null bs=64M count=1
}

background() { # engine: a container with a name
    check "$1: run --detach" "$1" run --detach --name sleeper busybox sleep 600
    equal "$1: it runs" true "$("$1" inspect --format '{{.State.Running}}' sleeper)"
    equal "$1: exec" "root beside sleep" "$("$1" exec sleeper sh -c 'echo $(id -un) beside $(cat /proc/1/comm)' 2>&1)"
    exits "$1: exec, its exit code" 3 "$1" exec --user 1000 sleeper sh -c 'test $(id -u) = 1000 && exit 3'
    check "$1: kill" "$1" kill sleeper
    equal "$1: its exit code" 137 "$("$1" wait sleeper)"
    check "$1: rm" "$1" rm sleeper
}

# docker
mkdir -p /etc/docker
docker_by() { # systemd or cgroupfs: as what is there says, else as rt does
    rt doctor --engine docker | grep -v '^#' >"$work/daemon.json"
    mv "$work/daemon.json" /etc/docker/daemon.json
    check "docker starts" systemctl restart docker
    equal "docker has rt as its runtime, and cgroups by $1" "rt $1" "$(docker info --format '{{.DefaultRuntime}} {{.CgroupDriver}}')"
}
echo '{"exec-opts": ["native.cgroupdriver=cgroupfs"], "log-driver": "local"}' >/etc/docker/daemon.json
docker_by cgroupfs
equal "it has kept what it was told before" local "$(docker info --format '{{.LoggingDriver}}')"
docker import "$work/rootfs.tar" busybox >/dev/null
runs docker docker run --rm busybox
limits "docker, by cgroupfs" docker run --rm
exits "docker: a program that is not there" 127 docker run --rm busybox nothing-of-that-name
background docker
check "docker: the container's network has an interface" docker run --rm busybox ip link show eth0
docker save busybox >"$work/image.tar"
rm /etc/docker/daemon.json
docker_by systemd
limits "docker, by systemd" docker run --rm
systemctl stop docker docker.socket

# podman
mkdir -p /etc/containers/containers.conf.d
rt doctor --engine podman >/etc/containers/containers.conf.d/rt.conf
equal "podman has rt as its runtime, and cgroups by systemd" "rt /usr/local/bin/rt systemd" \
    "$(podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}} {{.Host.CgroupManager}}')"
by=cgroupfs
podman() { command podman --cgroup-manager "$by" "$@"; }
podman import "$work/rootfs.tar" busybox >/dev/null 2>&1
runs podman podman run --rm --network none busybox
for by in systemd cgroupfs; do limits "podman, by $by" podman run --rm --network none; done
exits "podman: a program that is not there" 127 podman run --rm --network none busybox nothing-of-that-name
equal "podman: --cgroups disabled: its own cgroup" "$(</proc/self/cgroup)" \
    "$(podman run --rm --network none --cgroups disabled --cgroupns host busybox cat /proc/self/cgroup)"
background podman
equal "its container was rt's" "" "$(ls /run/runc /run/crun 2>/dev/null)"

# containerd
mkdir -p /etc/containerd
rt doctor --engine containerd >/etc/containerd/config.toml
check "containerd starts" systemctl restart containerd
equal "its CRI has rt as a handler, and cgroups by systemd" '{"BinaryName":"/usr/local/bin/rt","SystemdCgroup":true}' \
    "$(/vm/cri call Status '{"verbose": true}' | jq -c '.info.config | fromjson.containerd.runtimes.rt.options')"
check "ctr: import of the image" ctr images import "$work/image.tar"
image=$(ctr images list --quiet)
ctr_program() { ctr run --runc-binary /usr/local/bin/rt --rm "$image" once "$@"; }
runs ctr ctr_program
check "ctr: run --detach, with --memory-limit" \
    ctr run --runc-binary /usr/local/bin/rt --detach --memory-limit $((32 << 20)) "$image" sleeper sleep 600
equal "ctr: the limit is there" 33554432 "$(value default/sleeper memory.max)"
equal "ctr: exec" "beside sleep" "$(ctr tasks exec --exec-id second sleeper sh -c 'echo beside $(cat /proc/1/comm)' 2>&1)"
check "ctr: kill" ctr tasks kill --signal KILL sleeper
stopped() { ctr tasks list | grep -w STOPPED; }
eventually "ctr: it has stopped" stopped
check "ctr: delete" ctr tasks delete sleeper
ctr containers delete sleeper
systemctl stop containerd

# The engines' own, above those of their containers.
rmdir /sys/fs/cgroup/{docker,default,libpod_parent}
umount /run/netns
finish
