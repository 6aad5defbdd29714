#!/usr/bin/env bash
# podman and buildah, as root and as an ordinary user, with the same commands under rt, runc and crun.
# vm: debian here
# seconds: 4500
# shellcheck source=vm/lib.sh
source /vm/lib.sh
# shellcheck source=vm/compare.sh
source /vm/compare.sh

manager=systemd # of the cgroups, or cgroupfs
[[ $VM_KIND != here ]] || manager=cgroupfs
podman() { timeout --foreground 120 podman --runtime "${paths[$runtime]}" --cgroup-manager "$manager" "$@"; }
quick() { podman run --rm --network none "$@"; }
sleeper() { podman run --detach --network none --name box "$@" busybox sleep 600 >/dev/null; } # in the background, as box
gone() { podman rm --force --time 0 box >/dev/null; }

# The same of an ordinary user, who has ids set aside and, in the VM, a systemd of his own.
as_user() { setpriv --reuid user --regid user --init-groups env -C / HOME=/home/user USER=user LOGNAME=user XDG_RUNTIME_DIR="/run/user/$uid" "$@"; }
users() { as_user timeout --foreground 120 podman --runtime "${paths[$runtime]}" --cgroup-manager "$manager" "$@"; }
users_quick() { users run --rm --network none "$@"; }
user_bus() { [[ -S /run/user/$uid/bus ]]; }
a_user() {
    id user >/dev/null 2>&1 || useradd --create-home --shell /bin/bash user
    grep -q ^user: /etc/subuid || usermod --add-subuids 200000-265535 --add-subgids 200000-265535 user
    uid=$(id -u user)
    loginctl enable-linger user
    eventually "the user has a systemd of his own" user_bus
    users import --quiet - busybox <"$work/rootfs.tar" >/dev/null
}

mkdir -p /etc/containers
{
    printf '[engine]\nruntime_supports_json = ["crun", "runc", "rt"]\nruntime_supports_nocgroup = ["crun", "rt"]\n'
    [[ $VM_KIND != here ]] || printf '[containers]\npids_limit = 0\n'
} >/etc/containers/containers.conf
echo containers:1000000:1000000 | tee -a /etc/subuid >>/etc/subgid # for --userns auto
tar -C /vm/rootfs -cf "$work/rootfs.tar" .
chmod 755 "$work"
check "podman imports an image" podman import --quiet "$work/rootfs.tar" busybox
[[ $VM_KIND == here ]] || a_user
cd "$work"
export runtime manager

for part in /vm/scenarios/podman-*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done

echo "# milliseconds of all scenarios: runc ${seconds[runc]}, crun ${seconds[crun]}, rt ${seconds[rt]}" >&3

# Podman's own, above those of its containers.
rmdir /sys/fs/cgroup/libpod_parent/conmon /sys/fs/cgroup/libpod_parent 2>/dev/null || true
umount /run/netns 2>/dev/null || true
[[ $VM_KIND == here ]] || {
    loginctl disable-linger user
    systemctl stop "user@$uid" "user-runtime-dir@$uid"
}
finish
