#!/usr/bin/env bash
# Every limit of linux.resources, by what the kernel does to those who go beyond it. One file a controller, in cgroups/.
# vm: mini-v2
# seconds: 1200
# shellcheck source=vm/lib.sh
source /vm/lib.sh
for part in /vm/groups/cgroups/*.sh; do
    echo "# ${part##*/}" >&3
    # shellcheck source=/dev/null
    source "$part"
done
finish
