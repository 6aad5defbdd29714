#!/bin/busybox sh
# shellcheck shell=dash
# The first program in every VM: mounts the root (first disk) with what this run brings (second disk) at /vm, and hands over
# to the program that vm_init on the kernel's command line names.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
exec </dev/console >/dev/console 2>&1
[ ! -f /modules/order ] || while read -r module; do insmod "/modules/$module"; done </modules/order
init=$(sed 's/.*vm_init=\([^ ]*\).*/\1/' /proc/cmdline)
mount -t ext4 /dev/vda /root
mount -t ext4 -o ro /dev/vdb /root/vm
umount /proc
mount --move /dev /root/dev
exec switch_root /root "$init"
