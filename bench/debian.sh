#!/usr/bin/env bash
# Usage: debian.sh RELEASE DIR PACKAGE,... [extract]
# Makes DIR a Debian root with these packages, unless it is there already; with "extract", these and what they depend on are
# unpacked and no more, which is no root to run anything in. As root.
set -euo pipefail
release=$1 root=$2 packages=$3 variant=${4:-minbase}
[[ ! -d $root ]] || exit 0

if ! command -v mmdebstrap >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
fi

# Built beside and renamed, so that what is there is complete. Debian's unstable index often is past its date.
mkdir -p "${root%/*}"
building=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf --one-file-system "$building"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$building"
mmdebstrap --quiet --variant="$variant" --include="$packages" --aptopt='Acquire::Check-Valid-Until "false"' \
    "$release" "$building" >&2
mv --no-target-directory "$building" "$root"
