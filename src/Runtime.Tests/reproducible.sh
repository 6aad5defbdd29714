#!/usr/bin/env bash
# Builds this commit in a second folder and compares the binaries.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [[ -n $(git status --porcelain) ]]; then
    echo "reproducible.sh: the tree has changes that are not committed: bin/rt may be of no commit" >&2
    exit 1
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git clone -q . "$copy/elsewhere"
"$copy/elsewhere/build.sh" >/dev/null
if ! cmp bin/rt "$copy/elsewhere/bin/rt"; then
    echo "reproducible.sh: two builds of $(git rev-parse --short HEAD) differ" >&2
    exit 1
fi
echo "two builds of $(git rev-parse --short HEAD) are the same: $(sha256sum <bin/rt | cut -c1-16)"
