#!/bin/bash
# Process 1 of the small VMs: mounts what systemd would, runs the group or a shell, and turns the VM off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root TERM=linux
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mkdir -p /dev/pts /dev/shm
ln -s /proc/self/fd /dev/fd
mount -t devpts -o mode=620,gid=5 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs tmpfs /tmp
ip link set lo up
kind=$(sed 's/.*vm_kind=\([^ ]*\).*/\1/' /proc/cmdline)

# v1 as systemd lays it out: a hierarchy for each controller but for two pairs, and one without controllers, for systemd itself.
v1() {
    local controllers controller
    mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
    for controllers in cpu,cpuacct net_cls,net_prio $(awk '!/^#|^cpu\t|^cpuacct|^net_/ { print $1 }' /proc/cgroups); do
        mkdir "/sys/fs/cgroup/$controllers"
        mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/$controllers"
        [[ $controllers != *,* ]] || for controller in ${controllers//,/ }; do
            ln -s "$controllers" "/sys/fs/cgroup/$controller"
        done
    done
    mkdir /sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
}
case $kind in
    mini-v2* | mini-selinux) mount -t cgroup2 cgroup2 /sys/fs/cgroup ;;
    mini-v1*) v1 ;;
    mini-hybrid*)
        v1
        mkdir /sys/fs/cgroup/unified
        mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
        ;;
esac

if grep -q vm_group= /proc/cmdline; then
    /vm/guest/run.sh
else
    install -m 755 /vm/rt /usr/local/bin/rt
    cd /vm || exit
    setsid --ctty bash </dev/ttyS0 >/dev/ttyS0 2>&1
fi
busybox poweroff -f
