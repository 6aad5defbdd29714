#!/usr/bin/env bash
# containerd alone, by its own client ctr, with the same commands under rt, runc and crun.
# vm: debian
# seconds: 3600
# shellcheck source=vm/lib.sh
source /vm/lib.sh
# shellcheck source=vm/compare.sh
source /vm/compare.sh
# shellcheck source=vm/images.sh
source /vm/images.sh

ctr_run() { command ctr run --runc-binary "${paths[$runtime]}" "$@"; }
quick() { ctr_run --rm "${@:1:$#-1}" "$image" box sh -c "exec 2>&1; ${!#}"; } # option... script
sleeper() { ctr_run --detach "$@" "$image" box sleep 600; }         # option...
inside() { ctr tasks exec --exec-id "exec-$RANDOM" "$@"; }
terminal() { # command...: on a terminal of 50 lines, without what the terminal and ctr's attempts at resizing add
    local code=0
    SHELL=/bin/bash script --quiet --return --command "stty rows 50 cols 132; ${*@Q}" /dev/null >out 2>&1 || code=$?
    sed 's/\^@//g; /resize pty/d' out
    return "$code"
}
status() { ctr tasks list | awk '$1 == "box" { print $3 }'; }
until_stopped() { while [[ $(status) =~ ^(RUNNING|PAUSED)$ ]]; do sleep 0.1; done; }
gone() {
    ctr tasks kill --signal KILL --all box 2>/dev/null
    until_stopped
    ctr tasks delete box >/dev/null 2>&1
    ctr containers delete box
}

image=docker.io/library/busybox:latest
check "containerd starts" service restart containerd
import_image default "$image" /vm/rootfs sh
cd "$work"

# shellcheck source=vm/scenarios/containerd.sh
source /vm/scenarios/containerd.sh

runtime=rt
sleeper
words="rt neither checkpoints containers nor restores them"
equal "rt says why a checkpoint is refused" "$words" "$(ctr tasks checkpoint box 2>&1 | grep -o "$words")"
gone >/dev/null

service stop containerd
echo "# milliseconds of all scenarios: runc ${seconds[runc]}, crun ${seconds[crun]}, rt ${seconds[rt]}" >&3
rmdir /sys/fs/cgroup/default
finish
