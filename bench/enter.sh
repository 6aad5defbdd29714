#!/usr/bin/env bash
# Usage: enter.sh ROOT COMMAND... Runs the command with ROOT as "/". Run it in mount and cgroup namespaces of its own.
# A chroot is not enough: its "/" is no mount point, and runtimes need one to pivot away from.
set -euo pipefail
root=$1
shift

mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"

# Into a leaf: a cgroup with processes of its own cannot hand controllers down to the containers' cgroups.
mkdir "$root/sys/fs/cgroup/self"
echo $$ >"$root/sys/fs/cgroup/self/cgroup.procs"

cd "$root"
pivot_root . mnt
cd /
umount -l /mnt
exec env -i HOME=/root PATH=/usr/sbin:/usr/bin "$@"
