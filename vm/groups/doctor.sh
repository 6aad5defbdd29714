#!/usr/bin/env bash
# What rt doctor says of hosts of several kinds, against what they are, and that the remedies it names are some.
# vm: mini-v2 mini-v2-5.10 mini-v1 mini-hybrid mini-selinux debian
# seconds: 900
securityfs=/sys/kernel/security
mountpoint --quiet $securityfs || mount -t securityfs securityfs $securityfs
# shellcheck source=vm/lib.sh
source /vm/lib.sh

# What rt doctor says of a subject: grade and finding, and remedy. It exits with 1 where no container can be started.
doctor() { "$@" timeout 120 rt doctor --format json || (($? == 1)); }
finding() { # subject [command...]: the command starts it
    doctor "${@:2}" | jq -r --arg subject "$1" '.findings[] | select(.subject == $subject) | "\(.grade): \(.found)"'
}
remedy() { # the same
    doctor "${@:2}" | jq -r --arg subject "$1" '.findings[] | select(.subject == $subject).remedy'
}
without() { # script command...: with other mounts
    unshare --mount sh -c "$1"' && exec "$@"' sh "${@:2}"
}
listed() { sort | paste -sd ' ' | sed 's/ /, /g'; }

before_doctor=$(remains | sort)
exits "root can start containers" 0 rt doctor
equal "that changed nothing" "$before_doctor" "$(remains | sort)"
equal "containers" "ok: what a container of rt spec takes can be had: namespaces, mounts, pivot_root" "$(finding containers)"
equal "state" "ok: /run/rt, in memory" "$(finding state)"
equal "id ranges" "ok: all: root maps ids itself" "$(finding "id ranges")"
equal "namespaces" "ok: $(find /proc/self/ns ! -name '*_for_children' -type l -printf '%f\n' | sed 's/^mnt/mount/; s/^net/network/' | listed)" \
    "$(finding namespaces)"

# Cgroups, with the controllers that the kernel itself says it has.
legacy() { awk '!/^#/ && $2 > 0 { print $1 }' /proc/cgroups | sed 's/^blkio$/io/' | listed; }
case $VM_KIND in
    mini-v1*) cgroups="limited: v1 ($(legacy))" ;;
    mini-hybrid*) cgroups="limited: hybrid: v1, and v2 at /sys/fs/cgroup/unified ($(legacy))" ;;
    *) cgroups="ok: v2 ($(tr ' ' '\n' </sys/fs/cgroup/cgroup.controllers | listed))" ;;
esac
equal "cgroups" "$cgroups" "$(finding cgroups)"
read_only() { without 'find /sys/fs/cgroup -maxdepth 1 -type d -exec mountpoint --quiet {} \; -exec mount -o remount,bind,ro {} \;' "$@"; }
exits "cgroups, where root can't write: no container can be started" 1 read_only rt doctor
equal "and why" "is read-only" "$(finding "writing cgroups" read_only | cut -d ' ' -f 3-)"
equal "cgroups, where none are mounted" "missing: nothing is mounted at /sys/fs/cgroup" \
    "$(finding cgroups without 'umount --recursive /sys/fs/cgroup')"

# Kernels, by what came with which.
new_with() { # subject version found
    local expected="missing: $3"
    [[ $(printf '%s\n' "$2" "$(uname -r)" | sort --version-sort | head -n 1) != "$2" ]] || expected=''
    equal "$1, new with Linux $2" "$expected" "$(finding "$1")"
}
new_with mount_setattr 5.12 "the kernel, or a seccomp filter around rt, has none"
new_with "exit codes by pidfd" 6.15 "the kernel, or a seccomp filter around rt, has none"
unified=/sys/fs/cgroup/unified
[[ -d $unified ]] || unified=/sys/fs/cgroup
mkdir -p "$unified/doctor" # the root of all has no such file
[[ $VM_KIND == mini-v1 ]] || new_with cgroup.kill 5.14 "the kernel has none"
rmdir "$unified/doctor"

# The binary on a file system that knows no writing, as docs/hardening.md has it.
mkdir "$work/erofs"
modprobe --all loop erofs
mount -t erofs -o loop,ro /vm/rt.erofs "$work/erofs"
equal "rt's binary on an erofs" "ok: $work/erofs/rt can't be written by anyone: a start needs no protection of it" \
    "$(finding "rt's binary" env PATH="$work/erofs:$PATH")"
bundle there true
check "create by that" "$work/erofs/rt" create --no-shim --bundle "$work/there" there
equal "the init runs from it" "$work/erofs/rt" "$(readlink "/proc/$(rt state there | jq .pid)/exe")"
check "delete" rt delete there
umount "$work/erofs"

# Security modules.
modules=$(sed 's/,/, /g' $securityfs/lsm)
module() { # grade and words, found by doctor
    equal "security modules: $1" "$1" "$(finding "security modules" "${@:2}")"
}
case ,$(<$securityfs/lsm), in
    *,selinux,*)
        module "missing: neither AppArmor nor SELinux can be used (active: $modules)"
        mount -t selinuxfs selinuxfs /sys/fs/selinux
        cat /vm/selinux.policy >/sys/fs/selinux/load
        module "limited: SELinux, permissive (active: $modules)"
        echo 1 >/sys/fs/selinux/enforce
        module "ok: SELinux, enforcing (active: $modules)"
        echo 0 >/sys/fs/selinux/enforce
        umount /sys/fs/selinux
        ;;
    *,apparmor,*)
        module "ok: AppArmor (active: $modules)"
        module "ok: AppArmor" without "umount $securityfs"
        module "missing: neither AppArmor nor SELinux can be used" without "umount $securityfs && mount -t tmpfs none /sys/module/apparmor"
        ;;
    *) module "missing: neither AppArmor nor SELinux can be used (active: $modules)" ;;
esac

# Ordinary users.
useradd --create-home --shell /bin/bash --uid 1000 box
as_box() {
    setpriv --reuid=1000 --regid=1000 --init-groups env -i PATH="$PATH" LC_ALL=C.UTF-8 USER=box HOME=/home/box XDG_RUNTIME_DIR=/run/user/1000 "$@"
}
ids="/etc/subuid sets no ids aside for box"
sed -i /^box:/d /etc/subuid /etc/subgid
[[ -d /run/systemd/system ]] || install -D --directory --mode 700 --owner box /run/user/1000
equal "a user without ids" "missing: $ids" "$(finding "id ranges" as_box)"
as_said=$(remedy "id ranges" as_box | sed -n 's/^as root: \(usermod .*\)/\1/p')
check "what it says of that: $as_said" ${as_said:-false}
equal "a user with ids" "ok: 65536 uids, 65536 gids" "$(finding "id ranges" as_box)"
sysctl --quiet --write user.max_user_namespaces=0
exits "a user without user namespaces can't start any" 1 as_box rt doctor
equal "and is told why" "missing: no space left on device (user.max_user_namespaces is 0: no user namespaces are allowed)" \
    "$(finding "user namespaces" as_box)"
sysctl --quiet --write user.max_user_namespaces=1000

if [[ -d /run/systemd/system ]]; then
    equal "root's systemd" "ok: the host's, version $(systemctl --version | sed -nE '1s/.*\((.*)\)/\1/p')" "$(finding systemd)"
    equal "a user whose systemd does not run" "missing: the user's own can't be reached" "$(finding systemd as_box | cut -d : -f 1-2)"
    equal "a remedy is to linger" "yes" "$([[ $(remedy systemd as_box) != *"loginctl enable-linger"* ]] || echo yes)"
    loginctl enable-linger box
    soon test -S /run/user/1000/bus
    exits "who lingers can start containers" 0 as_box rt doctor
    equal "and has a systemd" "ok: the user's own" "$(finding systemd as_box | cut -d , -f 1)"
    equal "but no cgroup here" "missing: cgroup /system.slice/vm.service is not box's to make others in" "$(finding delegation as_box)"
    delegated() { as_box systemd-run --user --quiet --collect --wait --pipe --property Delegate=yes --setenv PATH="$PATH" "$@"; }
    equal "in a service that delegates its cgroup there is one" "limited: without cpuset, io" \
        "$(finding delegation delegated | sed 's/cgroup [^ ]* //')"
    loginctl disable-linger box # which ends him, since he has no session
    eventually "his directory goes with him" not mountpoint --quiet /run/user/1000
else
    equal "no systemd" "missing: the host's can't be reached: systemd does not run here" "$(finding systemd | cut -d : -f 1-3)"
fi
finish
