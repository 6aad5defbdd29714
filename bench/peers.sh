#!/usr/bin/env bash
# Prints the path of a Debian root with crun, runc and what the measurements need, which it makes if it is missing. The
# peers are the newest that Debian has; remove the directory to renew them.
set -euo pipefail
cd "$(dirname "$0")/.."
root=${XDG_CACHE_HOME:-$HOME/.cache}/rt/bench-peers
bench/debian.sh sid "$root" runc,crun,golang-github-containers-common,hyperfine,jq,time,busybox-static >&2
echo "$root"
