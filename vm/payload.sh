#!/usr/bin/env bash
# Usage: payload.sh IMAGE. Makes IMAGE the disk that VMs find at /vm: bin/rt, also in an erofs, vm/ itself, a root file system with
# busybox and tools/, the built validation suite of OCI runtime-tools, a policy for SELinux, a client of Kubernetes' CRI and a
# containerd 2.
# Made for every run, since all of this changes often; it takes a second.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=vm/packages.sh
source vm/packages.sh
need mke2fs e2fsprogs gcc gcc checkpolicy checkpolicy mkfs.erofs erofs-utils

image=$1
suite=$(conformance/suite.sh)
cri=$(vm/cri/build.sh)
containerd=$(vm/cri/containerd.sh)
staging=$(mktemp -d "$image.XXXXXX")
trap 'rm -rf "$staging"' EXIT

src/Runtime.Tests/busybox.sh "$staging/bundle"
mv "$staging/bundle/rootfs" "$staging/rootfs"
rmdir "$staging/bundle"
for source in vm/tools/*.c; do
    gcc -O2 -Wall -static -o "$staging/rootfs/bin/$(basename "$source" .c)" "$source"
done
checkpolicy -M -U allow -c 31 -o "$staging/selinux.policy" vm/groups/selinux.policy
install -D --target-directory "$staging/erofs" bin/rt
mkfs.erofs --quiet "$staging/rt.erofs" "$staging/erofs"
rm -r "$staging/erofs"
install -m 755 bin/rt "$staging"
echo "${ONLY-}" >"$staging/only"
echo "${SCENARIOS-all}" >"$staging/scenarios-wanted"
cp --archive vm/guest vm/groups vm/scenarios vm/{lib,compare,images,pods}.sh conformance/{verdict.awk,known-failures} "$staging"
cp --archive "$suite" "$staging/suite"
cp "$cri" "$staging/cri"
cp --archive "$containerd" "$staging/containerd"
mke2fs -q -t ext4 -d "$staging" "$image" 500M >/dev/null
