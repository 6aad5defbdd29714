#!/usr/bin/env bash
# A container's life on a host with cgroup v1: limits that change, pauses, signals to all, and that nothing stays.
# vm: mini-v1-5.10 mini-hybrid
# seconds: 600
# shellcheck source=vm/lib.sh
source /vm/lib.sh

mib=$((1 << 20))
cgroup() { cat "/sys/fs/cgroup/$1/life/$2"; } # controller file
processes() { wc -l <"/sys/fs/cgroup/pids/life/cgroup.procs"; }
frozen() { # by v2 where that is there too
    local unified=/sys/fs/cgroup/unified/life/cgroup.freeze
    if [[ -e $unified ]]; then cat "$unified"; else cgroup freezer freezer.state; fi | sed 's/FROZEN/1/; s/THAWED/0/'
}
ticks() { cut -d ' ' -f 14 "/proc/$(rt state life | jq .pid)/stat"; }
runs() { # it gets processor time
    local before
    before=$(ticks)
    sleep 0.5
    (($(ticks) > before))
}

bundle life 'sleep 600 & sleep 600 & while :; do :; done' '.linux.resources.memory = {limit: 67108864}
    | .linux.resources.pids = {limit: 20} | .linux.resources.cpu = {shares: 512}'
check "create" rt create --bundle "$work/life" life
equal "it is in its cgroup of every hierarchy" "/life" "$(awk -F : '$2 != "" { print $3 }' "/proc/$(rt state life | jq .pid)/cgroup" | sort -u)"
equal "limits are set" "$((64 * mib)) 20 512" "$(cgroup memory memory.limit_in_bytes) $(cgroup pids pids.max) $(cgroup cpu cpu.shares)"
check "start" rt start life
eventually "all of its processes are there" eval '(($(processes) == 3))'
equal "ps lists them" "$(sort "/sys/fs/cgroup/pids/life/cgroup.procs")" "$(rt ps --format json life | jq '.[]' | sort)"
equal "exec is in its cgroup, and sees the controllers of v1" "/ memory" \
    "$(rt exec life sh -c 'echo "$(sed -n "s/.*:memory://p" /proc/self/cgroup) $(ls /sys/fs/cgroup | grep -x memory)"')"

check "update" rt update --memory 96M --pids-limit 15 --cpu-share 256 life
equal "changes limits" "$((96 * mib)) 15 256" "$(cgroup memory memory.limit_in_bytes) $(cgroup pids pids.max) $(cgroup cpu cpu.shares)"
refused "what the kernel refuses is an error" "cpuset.cpus" rt update --pids-limit 10 --cpuset-cpus 77 life
equal "after which all is as before" 15 "$(cgroup pids pids.max)"

check "pause" rt pause life
equal "it is frozen" "paused 1" "$(status life) $(frozen)"
exits "and does nothing" 1 runs
exits "exec does not wait for that" 255 rt exec life true
check "resume" rt resume life
equal "it is not frozen any more" "running 0" "$(status life) $(frozen)"
check "and works" runs

check "kill --all USR1" rt kill --all life USR1
eventually "ends all but the init, which has no handler for it and is process 1" eval '(($(processes) == 1))'
check "kill --all KILL" rt kill --all life KILL
eventually "ends it" is_status life stopped
check "delete" rt delete life
nothing_left "delete left nothing"
check "another" start life
check "is paused" rt pause life
check "and deleted by --force" rt delete --force life
nothing_left "which leaves nothing either"

bundle stays "cat /proc/self/cgroup" 'del(.linux.namespaces[] | select(.type == "cgroup"))'
equal "--cgroup-manager disabled: it stays in its caller's cgroups" "$(</proc/self/cgroup)" \
    "$(rt --cgroup-manager disabled run --bundle "$work/stays" stays)"
finish
