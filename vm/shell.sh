#!/usr/bin/env bash
# Usage: shell.sh [KIND]. A shell as root in a VM (see qemu.sh for the kinds; "mini" is mini-v2), on this terminal. rt is
# installed there, /vm holds the groups and lib.sh. The VM goes when it is powered off, a small one also when its shell ends;
# Ctrl-A X ends QEMU.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=vm/qemu.sh
source vm/qemu.sh

kind=${1:-debian}
[[ $kind != mini ]] || kind=mini-v2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
use_image
vm/payload.sh "$work/payload"
qemu_arguments "$kind" "$image" "$work/payload" "$work"
"${qemu[@]}" -serial mon:stdio
