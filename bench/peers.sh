#!/usr/bin/env bash
# Prints the path of a Debian root with crun, runc, conmon and what the measurements need, which it makes if it is missing.
# The peers are the newest that Debian has; remove the directory to renew them.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=runc,crun,conmon,golang-github-containers-common,hyperfine,jq,time,busybox-static
key=$(sha256sum <<<"$packages")
root=${XDG_CACHE_HOME:-$HOME/.cache}/rt/bench-peers-${key:0:12}
bench/debian.sh sid "$root" "$packages" >&2
echo "$root"
