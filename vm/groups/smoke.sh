#!/usr/bin/env bash
# A container's life, from create to delete, on each kind of machine.
# vm: mini-v2 mini-v2-6.1 mini-v2-5.10
# seconds: 900
# shellcheck source=vm/lib.sh
source /vm/lib.sh

check "rt names itself" rt --version
bundle once 'echo "pid $$ on $(hostname)"'
equal "run prints what the container prints" "pid 1 on runc" "$(run once)"
nothing_left "run left nothing"

exits "run where no memory may be locked: before Linux 5.11 a device filter counts as such" 0 \
    prlimit --memlock=0 rt run --bundle "$work/once" once

# What takes a capability that root of other machines may lack.
users='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
    | .linux.gidMappings = .linux.uidMappings'
limits='.process.oomScoreAdj = -500
    | .process.rlimits = [["NICE", 20, 40], ["RTPRIO", 50, 99], ["NOFILE", 300, 3000] | {type: "RLIMIT_\(.[0])", soft: .[1], hard: .[2]}]'
show='cat /proc/self/oom_score_adj; sed -E "/open|nice|realtime p/!d; s/ +/ /g; s/ $//" /proc/self/limits'
raised=$'-500\nMax open files 300 3000 files\nMax nice priority 20 40\nMax realtime priority 50 99'
for kind in "" " with a user namespace"; do
    bundle raised "$show" "$limits${kind:+ | $users}"
    equal "hard limits are raised and the OOM score is lowered$kind" "$raised" \
        "$(ulimit -n 2000 && run raised)"
done

for policy in bind:1 interleave:0-1 prefer=static:1; do
    mode=${policy%%[=:]*} nodes=${policy#*:}
    mode=${mode/prefer/preferred}
    equal "memory policy $policy, of two nodes" "$policy" "$(inside 'grep " stack " /proc/1/numa_maps | cut -d" " -f2' \
        '.linux.memoryPolicy = {mode: ("MPOL_" + ($mode | ascii_upcase)), nodes: $nodes}
            | if $policy | test("static") then .linux.memoryPolicy.flags = ["MPOL_F_STATIC_NODES"] else . end' \
        --arg mode "$mode" --arg nodes "$nodes" --arg policy "$policy")"
done

while read -r policy seen; do
    equal "scheduler $policy" "$seen" "$(inside 'cut -d" " -f40,41 /proc/1/stat; true' ".process.scheduler = $policy")"
done <<'END'
{"policy":"SCHED_FIFO","priority":10} 10 1
{"policy":"SCHED_RR","priority":1} 1 2
{"policy":"SCHED_DEADLINE","runtime":1000000,"deadline":10000000,"period":20000000,"flags":["SCHED_FLAG_RESET_ON_FORK"]} 0 6
END

bundle seven 'exit 7'
exits "run returns the exit code" 7 run seven
bundle killed 'kill -TERM $$; trap "exit 3" TERM; sh -c "kill -KILL \$\$"; exit $?'
exits "run returns the shell's word for a killed process" 137 run killed

bundle life 'sleep 600'
check "create" rt create --bundle "$work/life" life
equal "it is created" created "$(status life)"
check "its process is in its cgroup" grep -x "$(rt state life | jq .pid)" /sys/fs/cgroup/life/cgroup.procs
refused "create refuses an id that is taken" "container with given ID already exists" rt create --bundle "$work/life" life
check "start" rt start life
equal "it is running" running "$(status life)"
refused "delete refuses a running container" "life" rt delete life
check "kill" rt kill life KILL
eventually "it is stopped" is_status life stopped
check "delete" rt delete life
refused "it is no more" "container does not exist" rt state life
nothing_left "delete left nothing"

bundle forced 'sleep 600'
check "start of another" start forced
check "delete --force of a running container" rt delete --force forced
finish
