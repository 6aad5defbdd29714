#!/usr/bin/env bash
# Usage: cgroups.sh none|v1|v2 COMMAND... Runs the command with these cgroups at /sys/fs/cgroup: none, those of v1 that
# the kernel has, or v2 alone. Run it in a mount namespace of its own.
set -euo pipefail
layout=$1 place=/sys/fs/cgroup
shift

case $layout in
    none) mount -t tmpfs cgroups "$place" ;;
    v2) mount -t cgroup2 cgroup2 "$place" ;;
    v1)
        mount -t tmpfs cgroups "$place"
        # A line is ID:CONTROLLERS:PATH (cgroups(7)); v2's has no controllers.
        while IFS=: read -r _ controllers _; do
            [[ $controllers ]] || continue
            mkdir "$place/${controllers#name=}"
            [[ $controllers != name=* ]] || controllers=none,$controllers
            mount -t cgroup -o "$controllers" cgroup "$place/${controllers#*name=}"
        done </proc/self/cgroup
        ;;
    *)
        echo "cgroups.sh: no layout is called $layout" >&2
        exit 1
        ;;
esac
exec "$@"
