#!/usr/bin/env bash
# Prints the path of a folder with what all VMs boot from, which it makes if it is missing. As root.
#   disk.img              an ext4 file system with a Debian root: systemd, the engines, the tools of the tests
#   KERNEL/vmlinuz        kernels of Debian's for virtual machines: 6.12 (trixie's), 6.1 (bookworm's), 5.10 (bullseye's)
#   KERNEL/initramfs      that mounts the disks with the kernel's own drivers (initramfs.sh)
#   qemu                  QEMU, trixie's, whatever this machine has
# 6.1 is there for cgroup v1 (6.12 is built without v1's memory and cpuset controllers), 5.10 as the oldest that rt supports.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=vm/packages.sh
source vm/packages.sh

packages=(systemd systemd-sysv udev dbus dbus-user-session libpam-systemd apparmor
    docker.io docker-cli docker-buildx docker-compose containerd containernetworking-plugins tini
    podman buildah netavark aardvark-dns passt fuse-overlayfs catatonit conmon crun runc uidmap iptables nftables
    busybox-static iproute2 jq kmod procps strace)

# What is built depends on these files alone.
key=$(cat vm/image.sh vm/initramfs.sh bench/debian.sh | sha256sum)
image=${XDG_CACHE_HOME:-$HOME/.cache}/rt/vm-image-${key:0:12}
if [[ -d $image ]]; then
    echo "$image"
    exit
fi
fail() {
    echo "vm/image.sh: $*" >&2
    exit 1
}
echo "vm/image.sh: making the disk of the VMs, once; it takes some two minutes" >&2
need mke2fs e2fsprogs cpio cpio depmod kmod xz xz-utils objdump binutils

mkdir -p "${image%/*}"
building=$(mktemp -d "$image.XXXXXX")
trap 'rm -rf --one-file-system "$building"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
root=$building/root
mkdir "$building/image"

bench/debian.sh trixie "$root" "$(IFS=,; echo "${packages[*]}")"

# The newest crun and runc that Debian has, to be compared with, at /opt/peers beside the release's own; and of the libraries
# that they want those that the root has not.
bench/debian.sh sid "$building/peers" runc,crun extract
mkdir "$root/opt/peers"
cp "$building"/peers/usr/{bin/crun,sbin/runc} "$root/opt/peers"
for library in $(objdump -p "$root"/opt/peers/* | awk '$1 == "NEEDED" { print $2 }' | sort -u); do
    [[ -e $root/usr/lib/x86_64-linux-gnu/$library ]] || cp "$building/peers/usr/lib/x86_64-linux-gnu/$library" "$root/usr/lib/x86_64-linux-gnu"
done
! chroot "$root" sh -c 'ldd /opt/peers/* 2>&1 | grep "not found"' >&2 || fail "crun and runc of sid do not run on trixie"

# Guests of QEMU 7.2, which bookworm has, crash at random: an interrupt behind a cmpxchg16b finds garbage in the flags.
bench/debian.sh trixie "$building/qemu" qemu-system-x86 extract
mkdir -p "$building"/image/qemu-files/{bin,share}
cp --archive "$building"/qemu/usr/lib{,64} "$building/image/qemu-files"
cp --archive "$building"/qemu/usr/share/{qemu,seabios} "$building/image/qemu-files/share"
cp "$building/qemu/usr/bin/qemu-system-x86_64" "$building/image/qemu-files/bin"
cat >"$building/image/qemu" <<'END'
#!/bin/bash
here=$(realpath "$0")-files
libraries=$here/lib/x86_64-linux-gnu
exec "$here/lib64/ld-linux-x86-64.so.2" --library-path "$libraries" "$here/bin/qemu-system-x86_64" \
    -L "$here/share/qemu" -L "$here/share/seabios" "$@"
END
chmod 755 "$building/image/qemu"

kernel() { # version release [optional]: its modules go into the root, the rest into a folder of its own
    local from=$building/$2 to=$building/image/$1 version module file
    # From the release itself: what its updates last had may be gone already.
    if ! bench/debian.sh "$2" "$from" "linux-image-cloud-amd64/$2" extract; then
        [[ ${3-} == optional ]] || fail "Debian's $2 can't be had"
        echo "vm/image.sh: Debian's $2 can't be had: nothing will be tested with Linux $1" >&2
        return 0
    fi
    [[ -e $from/lib/modules ]] || ln -sfT usr/lib "$from/lib"
    version=$(basename "$from"/lib/modules/*)
    [[ $version == "$1".* ]] || fail "$2 has a kernel $version"
    depmod --basedir "$from" "$version"
    mkdir -p "$to" "$root/usr/lib/modules"
    cp "$from/boot/vmlinuz-$version" "$to/vmlinuz"
    cp --archive "$from/lib/modules/$version" "$root/usr/lib/modules"

    mkdir -p "$from/initramfs"/{bin,dev,modules,proc,root}
    mknod "$from/initramfs/dev/console" c 5 1
    cp "$root/usr/bin/busybox" "$from/initramfs/bin"
    install -m 755 vm/initramfs.sh "$from/initramfs/init"
    # What they depend on comes before them; what is built in is not listed as a file.
    for module in virtio_pci virtio_blk virtio_console; do
        modprobe --dirname "$from" --set-version "$version" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
        module=$(basename "${file%.xz}")
        if [[ $file == *.xz ]]; then xz -dc "$file"; else cat "$file"; fi >"$from/initramfs/modules/$module"
        echo "$module" >>"$from/initramfs/modules/order"
    done
    (cd "$from/initramfs" && find . | cpio --quiet -o -H newc) >"$to/initramfs"
}
kernel 6.12 trixie
kernel 6.1 bookworm
kernel 5.10 bullseye optional # it is old, and will leave the mirrors

# The unit that runs a group, and none that take their time: the engines are started by who tests them.
echo vm >"$root/etc/hostname"
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
mkdir "$root/vm"
cat >"$root/etc/systemd/system/vm.service" <<'END'
[Unit]
Description=The group of tests that this VM was started for
ConditionKernelCommandLine=vm_group
[Service]
Type=oneshot
ExecStart=/vm/guest/run.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
TimeoutStartSec=infinity
[Install]
WantedBy=multi-user.target
END
units=$root/etc/systemd/system
ln -s ../vm.service "$units/multi-user.target.wants/vm.service"
for unit in docker containerd podman podman-auto-update podman-restart podman-clean-transient netavark-dhcp-proxy; do
    rm -f "$units"/*.wants/"$unit".{service,socket,timer}
done
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer systemd-pstore.service \
    getty@tty1.service systemd-networkd-wait-online.service systemd-firstboot.service; do
    ln -sf /dev/null "$units/$unit"
done
mkdir "$units/serial-getty@ttyS0.service.d"
cat >"$units/serial-getty@ttyS0.service.d/autologin.conf" <<'END'
[Unit]
ConditionKernelCommandLine=!vm_group
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --keep-baud 115200 - $TERM
END

# Profiles of AppArmor's for programs that are not here take 20 s to load; engines bring their own.
find "$root/etc/apparmor.d" -maxdepth 1 -type f -delete
# Nothing was installed since systemd looked last, though it never did.
touch --reference="$root/usr" "$root/etc/.updated" "$root/var/.updated"

mke2fs -q -t ext4 -L root -d "$root" "$building/image/disk.img" 6G >/dev/null

# Images of other versions are of no more use, but to whoever runs VMs with them at this moment (use_image).
for other in "${image%-*}"-????????????; do
    [[ ! -d $other ]] || flock --nonblock "$other" rm -rf "$other" || true
done
mv --no-target-directory "$building/image" "$image"
echo "$image"
