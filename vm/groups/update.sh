#!/usr/bin/env bash
# Limits that change while a container is there, pauses and signals, by what the kernel does with them.
# vm: mini-v2 mini-v2-5.10
# seconds: 1200
# shellcheck source=vm/lib.sh
source /vm/lib.sh

mib=$((1 << 20))
file() { cat "/sys/fs/cgroup/$1/$2"; } # id file
files() { # id file...: in one line
    local id=$1 one all=()
    shift
    for one; do all+=("$(file "$id" "$one")"); done
    echo "${all[*]}"
}
update() { # id option...
    local id=$1
    shift
    rt update "$@" "$id"
}
resources() { rt update --resources - "$1" <<<"$2"; } # id json
empty() { [[ ! $(file "$1" cgroup.procs) ]]; } # id
uses() { (($(file "$1" memory.current) >= $2)); } # id bytes
killed() { (($(field "$1" memory.events oom_kill) > 0)); } # id: somebody, for having too much

mkswap /dev/vdc >/dev/null
swapon /dev/vdc

# What is written, given what is there.
bundle values 'exec sleep 600' '.linux.resources.memory = {limit: 104857600, swap: 209715200}
    | .linux.resources.cpu = {quota: 50000, period: 100000, shares: 1024} | .linux.resources.pids = {limit: 50}'
check "a container with limits starts" start values
check "memory alone" update values --memory 150M
equal "leaves the limit of swap" "$((150 * mib)) $((100 * mib))" "$(files values memory.max memory.swap.max)"
check "swap alone" update values --memory-swap 300M
equal "counts from the memory limit that is set" "$((150 * mib)) $((150 * mib))" "$(files values memory.max memory.swap.max)"
refused "swap below the memory limit" "--memory-swap: memory+swap limit should be >= memory limit" update values --memory-swap 149M
check "no limit of memory" update values --memory -1
equal "is none of swap either" "max max" "$(files values memory.max memory.swap.max)"
refused "swap without a memory limit" "--memory-swap: unable to set swap limit without memory limit" update values --memory-swap 1g
check "a limit of swap alone" update values --memory -1 --memory-swap 30M
equal "where memory has none" "max $((30 * mib))" "$(files values memory.max memory.swap.max)"
check "both of the same size" update values --memory 0.25GiB --memory-swap 256M
equal "are no swap" "$((256 * mib)) 0" "$(files values memory.max memory.swap.max)"
check "a reservation" update values --memory-reservation 64m
equal "is memory.low" "$((64 * mib))" "$(file values memory.low)"

check "a period alone" update values --cpu-period 50000
equal "keeps the quota" "50000 50000" "$(file values cpu.max)"
check "a quota alone" update values --cpu-quota 20000
equal "keeps the period" "20000 50000" "$(file values cpu.max)"
if [[ -e /sys/fs/cgroup/values/cpu.max.burst ]]; then
    check "more quota and burst" update values --cpu-quota 40000 --cpu-burst 30000
    equal "are both there" "40000 50000 30000" "$(files values cpu.max cpu.max.burst)"
    refused "a quota below the burst" "--cpu-quota: 10000 is less than the burst that is set (30000)" update values --cpu-quota 10000
    check "less burst and quota" update values --cpu-quota 10000 --cpu-burst 5000
    equal "are both there as well" "10000 50000 5000" "$(files values cpu.max cpu.max.burst)"
else
    skip "a burst" "this kernel has none (Linux 5.14)"
fi
check "a quota of -1" update values --cpu-quota -1
equal "is none" "max 50000" "$(file values cpu.max)"
check "twice the shares" update values --cpu-share 2048
between "are about twice the weight" 150 250 "$(file values cpu.weight)"
idle=() idle_json=''
if [[ -e /sys/fs/cgroup/values/cpu.idle ]]; then
    idle=(--cpu-idle 1) idle_json='"idle": 1,'
    check "an idle container" update values --cpu-idle 1
    equal "is idle" 1 "$(file values cpu.idle)"
    refused "shares of an idle one" "--cpu-share: can't be set while the container is idle" update values --cpu-share 512
    check "idle no more, with shares" update values --cpu-idle 0 --cpu-share 1024
    equal "has its weight" "0 100" "$(files values cpu.idle cpu.weight)"
else
    skip "an idle container" "this kernel has none (Linux 5.15)"
    check "shares as before" update values --cpu-share 1024
fi

check "another processor" update values --cpuset-cpus 1 --cpuset-mems 1
equal "is where the container runs" 1 "$(awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$(rt state values | jq .pid)/status")"
equal "with the memory of that node" 1 "$(file values cpuset.mems.effective)"
check "a pids limit" update values --pids-limit 20
equal "is pids.max" 20 "$(file values pids.max)"
check "0" update values --pids-limit 0 --memory 0 --cpu-quota 0 --cpu-share 0 --blkio-weight 0
equal "is nothing given" "20 $((256 * mib)) max 50000 100" "$(files values pids.max memory.max cpu.max cpu.weight)"
disk=$(lsblk --noheadings --output MAJ:MIN /dev/vdd | tr -d ' ')
check "a rate of block I/O" resources values \
    "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": ${disk%:*}, \"minor\": ${disk#*:}, \"rate\": 1048576}]}}"
equal "is io.max" "$disk rbps=1048576 wbps=max riops=max wiops=max" "$(file values io.max)"

# What the kernel refuses is undone.
all=(memory.max memory.swap.max memory.low cpu.max cpu.weight cpuset.cpus pids.max io.max)
[[ ! ${idle[*]} ]] || all+=(cpu.idle)
limits=$(files values "${all[@]}")
refused "a period that the kernel refuses" "--cpu-period: write \"max 5\"" \
    update values --memory 32M --memory-swap 64M "${idle[@]}" --cpu-period 5
refused "a processor that is not there" "--cpuset-cpus: write \"77\"" update values --memory 32M --cpu-quota 30000 --cpuset-cpus 77
refused "a file that is refused after all others" "standard input: unified.pids.max: write \"nonsense\"" resources values \
    "{\"memory\": {\"limit\": 33554432, \"swap\": 33554432, \"reservation\": 4096}, \"cpu\": {$idle_json \"cpus\": \"0\"},
      \"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": ${disk%:*}, \"minor\": ${disk#*:}, \"rate\": 4096}]},
      \"unified\": {\"pids.max\": \"nonsense\"}}"
equal "nothing of all that is left" "$limits" \
    "$(files values "${all[@]}")"
check "delete" rt delete --force values

# Memory in use, above a new limit: swapped out where it may be, else somebody dies.
bundle holder 'dd if=/dev/zero of=/dev/shm/file bs=1M count=48 2>/dev/null; exec sleep 600' \
    '(.mounts[] | select(.destination == "/dev/shm").options) = ["nosuid", "nodev"]'
check "a container that holds memory starts" start holder
check "it has it" soon uses holder $((48 * mib))
refused "a limit below what is in use, to be checked" "standard input: memory.limit: $((16 * mib)) is less than is in use" \
    resources holder '{"memory": {"limit": 16777216, "checkBeforeUpdate": true}}'
equal "is not set" max "$(file holder memory.max)"
check "the same with swap, not to be checked" update holder --memory 16M --memory-swap 128M
between "has the rest in swap" $((28 * mib)) $((64 * mib)) "$(file holder memory.swap.current)"
between "and not in memory" 0 $((16 * mib)) "$(file holder memory.current)"
equal "and it lives" "running 0" "$(status holder) $(field holder memory.events oom_kill)"
check "delete" rt delete --force holder

for paused in no yes; do
    bundle hog 'head -c 48m /dev/zero | tail -c 48m | sleep 600' \
        '.linux.resources.memory = {limit: 134217728, swap: 134217728}'
    check "a process that needs memory (paused: $paused)" start hog
    check "has it" soon uses hog $((48 * mib))
    [[ $paused == no ]] || check "it is paused" rt pause hog
    check "a limit far below that" update hog --memory 8M --memory-swap 8M
    check "kills it" soon killed hog
    between "by the kernel's hand" 1 9 "$(field hog memory.events oom_kill)"
    [[ $(status hog) != paused ]] || check "resume of who is left" rt resume hog
    check "delete" rt delete --force hog
done

# Forks and CPU time.
bundle forker 'while :; do (sleep 0.2 & sleep 0.2 & sleep 0.2 & wait) 2>/dev/null; done'
check "a container that forks" start forker
check "may do so with few" update forker --pids-limit 3
failed=$(field forker pids.events max)
forks_fail() { (($(field forker pids.events max) > failed)); }
check "no longer" soon forks_fail
check "until it may have more" update forker --pids-limit -1
sleep 0.5
failed=$(field forker pids.events max)
sleep 1
equal "again" "$failed" "$(field forker pids.events max)"
check "delete" rt delete --force forker

bundle burner 'while :; do :; done'
used() { # seconds: microseconds of CPU time that the burner gets meanwhile
    local from
    from=$(field burner cpu.stat usage_usec)
    sleep "$1"
    echo $(($(field burner cpu.stat usage_usec) - from))
}
check "a container that takes all CPU time" start burner
check "with a fifth of it" update burner --cpu-quota 20000 --cpu-period 100000
between "gets that" 100000 1000000 "$(used 2)"
between "and is throttled" 5 100000 "$(field burner cpu.stat nr_throttled)"
check "paused" rt pause burner
between "it gets none" 0 20000 "$(used 2)"
equal "and is shown so" paused "$(status burner)"
check "its limits can change" update burner --cpu-quota -1
check "resumed" rt resume burner
between "it gets all" 1000000 4000000 "$(used 2)"
equal "and is shown as running" running "$(status burner)"
equal "ps lists its process" "[$(rt state burner | jq .pid)]" "$(rt ps --format json burner)"
equal "in a table too" "burner 2" "burner $(rt ps burner | wc -l)"
check "delete" rt delete --force burner

# Signals to all of a container that never stops forking, in the host's pid namespace.
for signal in TERM KILL; do
    bundle bomb 'bomb() { bomb & bomb & wait; }; bomb 2>/dev/null' \
        '.linux.resources.pids = {limit: 40} | del(.linux.namespaces[] | select(.type == "pid"))'
    check "a fork bomb of 40 processes" start bomb
    full() { (($(field bomb pids.events max) > 0)); }
    check "has them" soon full
    check "kill --all $signal" rt kill --all bomb "$signal"
    check "leaves none of them" soon empty bomb
    check "delete" rt delete --force bomb
done

swapoff /dev/vdc
finish
