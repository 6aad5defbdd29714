#!/usr/bin/env bash
# Makes a bundle without a config.json at $1: a root file system that holds busybox and nothing of the host.
set -euo pipefail
bundle=$1
busybox=$(command -v busybox || true)
if [[ -z $busybox ]] || ! file -bL "$busybox" 2>/dev/null | grep -q 'statically linked'; then
    if ((EUID != 0)); then
        echo "busybox.sh: a static busybox is missing; as root: apt-get install busybox-static file" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends busybox-static file >/dev/null
    busybox=$(command -v busybox)
fi

root=$bundle/rootfs
rm -rf "$bundle"
mkdir -p "$root"/{bin,dev,etc,proc,root,run,sys,tmp,usr/bin}
chmod 1777 "$root/tmp"
install -m 755 "$busybox" "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
    [[ $applet == busybox ]] || ln -sf busybox "$root/bin/$applet"
done
printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nuser:x:1000:\n' >"$root/etc/group"
