# shellcheck shell=bash
# linux.resources.pids.

forks='(for i in 1 2 3 4 5 6 7 8; do sleep 60 & done) 2>&1; read current </sys/fs/cgroup/pids.current; echo $current
    read events </sys/fs/cgroup/pids.events; echo $events'
seen=$(inside "$forks" '.linux.resources.pids = {limit: 5}')
equal "pids.limit: a fork beyond it fails" "sh: can't fork: Resource temporarily unavailable" "$(head -n 1 <<<"$seen")"
equal "pids.limit: there are never more" 4 "$(sed -n 2p <<<"$seen")" # without the subshell, which gave up
equal "pids.limit: the kernel counts it" "max 1" "$(sed -n 3p <<<"$seen")"
equal "pids.limit, -1: no limit" max "$(inside 'cat /sys/fs/cgroup/pids.max' '.linux.resources.pids = {limit: -1}')"
equal "pids.limit, 0: not even one fork" "sh: can't fork: Resource temporarily unavailable" \
    "$(inside 'exec 2>&1; (true); true' '.linux.resources.pids = {limit: 0}' || true)"
