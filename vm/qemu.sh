# shellcheck shell=bash
# To be sourced: what QEMU is told for a VM. Software emulation, since not every machine that runs the tests has a usable KVM.
#   mini-v2, mini-v1, mini-hybrid   guest/init.sh is all there is, with cgroups laid out as named; Linux 6.12, 6.1 where v1 is
#                                   concerned, or the one named behind that, as in mini-v2-5.10
#   mini-selinux                    like mini-v2, with SELinux in AppArmor's place, and no policy until the group loads one
#   debian                          systemd; Linux 6.12
# Two processors, in mini-v2 each with a memory node of its own; the disks are root, /vm, and two empty ones, vdc and vdd.

use_image() { # sets image, which stays as long as this process runs
    image=$(vm/image.sh)
    exec {in_use}<"$image"
    flock --shared "$in_use"
}

qemu_arguments() { # kind image payload scratch words-for-the-kernel...: sets the array qemu, and kernel
    local kind=$1 image=$2 payload=$3 scratch=$4 init=/vm/guest/init.sh memory=2048 module='' disk
    shift 4
    kernel=6.12
    case $kind in
        mini-v2 | mini-v2-*) ;;
        mini-v1 | mini-v1-* | mini-hybrid | mini-hybrid-*) kernel=6.1 ;;
        mini-selinux) module='security=selinux enforcing=0' ;;
        debian) init=/sbin/init memory=4096 ;;
        *)
            echo "there is no VM $kind, but mini-v2, mini-v1, mini-hybrid, mini-selinux and debian" >&2
            return 1
            ;;
    esac
    [[ $kind != mini-*-* ]] || kernel=${kind##*-}
    truncate --size=256M "$scratch/c" "$scratch/d"
    # Five levels of page tables instead of four take a tenth more time to emulate.
    # shellcheck disable=SC2054 # the commas are QEMU's
    qemu=("$image/qemu" -nodefaults -no-user-config -no-reboot -display none
        -accel "tcg,thread=multi" -cpu max,la57=off -smp 2 -m "$memory"
        -kernel "$image/$kernel/vmlinuz" -initrd "$image/$kernel/initramfs"
        -append "console=ttyS0 quiet panic=-1 oops=panic mitigations=off $module vm_init=$init vm_kind=$kind $*")
    # shellcheck disable=SC2054
    [[ $kind != mini-v2* ]] || qemu+=(
        -object memory-backend-ram,size=1G,id=m0 -numa node,cpus=0,memdev=m0
        -object memory-backend-ram,size=1G,id=m1 -numa node,cpus=1,memdev=m1)
    for disk in "$image/disk.img" "$payload" "$scratch"/{c,d}; do
        qemu+=(-drive "file=$disk,format=raw,if=virtio,snapshot=on")
    done
}
