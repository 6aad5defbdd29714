#!/usr/bin/env bash
# Prints the path of a folder with the newest containerd that Debian has, which is of version 2, beside the VM's own, of version 1.
# Gets it if it is missing. As root.
set -euo pipefail
cd "$(dirname "$0")/../.."

key=$(sha256sum <vm/cri/containerd.sh)
containerd=${XDG_CACHE_HOME:-$HOME/.cache}/rt/vm-containerd-${key:0:12}
if [[ -d $containerd ]]; then
    echo "$containerd"
    exit
fi

mkdir -p "${containerd%/*}"
building=$(mktemp -d "$containerd.XXXXXX")
trap 'rm -rf --one-file-system "$building"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
bench/debian.sh sid "$building/root" containerd extract
mkdir "$building/containerd"
cp "$building"/root/usr/bin/{containerd,containerd-shim-runc-v2,ctr} "$building/containerd"

# Those of other versions are of no more use.
rm -rf "${containerd%-*}"-????????????
mv --no-target-directory "$building/containerd" "$containerd"
echo "$containerd"
