# shellcheck shell=bash
# linux.resources.cpu.

spin='while :; do :; done'
use() { field "$1" cpu.stat usage_usec; } # of a container, microseconds

# What each of these containers uses of a processor in some 4 s, in thousandths of that time: sets used[ID].
declare -A used=()
measure() { # id...
    local id start
    declare -A before_it=()
    start=${EPOCHREALTIME/[.,]/}
    for id in "$@"; do before_it[$id]=$(use "$id"); done
    sleep 4
    local elapsed=$((${EPOCHREALTIME/[.,]/} - start))
    for id in "$@"; do used[$id]=$((($(use "$id") - before_it[$id]) * 1000 / elapsed)); done
    echo "# thousandths of a processor: $(for id in "$@"; do echo -n "$id ${used[$id]} "; done)" >&3
}

bundle quota "$spin" '.linux.resources.cpu = {quota: 20000, period: 100000}'
check "cpu.quota: a container with 20 ms in 100" start quota
equal "cpu.quota: cpu.max says so" "20000 100000" "$(value quota cpu.max)"
measure quota
between "cpu.quota: it gets about a fifth of a processor" 100 350 "${used[quota]}"
between "cpu.quota: the kernel stopped it in most periods" 10 100000 "$(field quota cpu.stat nr_throttled)"
rt delete --force quota

bundle heavy "$spin" '.linux.resources.cpu = {shares: 4096, cpus: "0"}'
bundle light "$spin" '.linux.resources.cpu = {shares: 512, cpus: "0"}'
check "cpu.shares: one container with eight times the shares of another, on one processor" start heavy
check "cpu.shares: the other" start light
measure heavy light
expected=$(($(value heavy cpu.weight) * 100 / $(value light cpu.weight)))
between "cpu.shares: they share it by their weights ($expected to 100)" $((expected / 2)) $((expected * 2)) \
    $((used[heavy] * 100 / used[light]))
rt delete --force heavy

bundle idle "$spin" '.linux.resources.cpu = {idle: 1, cpus: "0"}'
check "cpu.idle: a container that only gets what others leave" start idle
equal "cpu.idle: cpu.idle says so" 1 "$(value idle cpu.idle)"
measure idle light
between "cpu.idle: the other one gets nearly all" 850 1100 "${used[light]}"
rt delete --force light
measure idle
between "cpu.idle: alone it gets nearly all" 850 1100 "${used[idle]}"
rt delete --force idle

# Mostly under its quota, from time to time above it.
bundle burst 'while :; do sleep 1; timeout 0.2 sh -c "while :; do :; done"; done' \
    '.linux.resources.cpu = {quota: 50000, period: 100000, burst: 50000}'
check "cpu.burst: a container that may save up 50 ms" start burst
equal "cpu.burst: cpu.max.burst says so" 50000 "$(value burst cpu.max.burst)"
sleep 5
between "cpu.burst: it used what it had saved" 1 100000 "$(field burst cpu.stat nr_bursts)"
rt delete --force burst

show='grep _allowed_list /proc/self/status; nproc'
equal "cpu.cpus and mems: the program may use those alone" $'Cpus_allowed_list:\t1\nMems_allowed_list:\t1\n1' \
    "$(inside "$show" '.linux.resources.cpu = {cpus: "1", mems: "1"}')"
bundle node 'dd if=/dev/zero of=/dev/shm/x bs=1M count=20 2>/dev/null; sleep 600' '.linux.resources.cpu = {mems: "1"}'
check "cpu.mems: a container that fills memory" start node
sleep 2
read -r _ node0 node1 <<<"$(grep '^shmem ' "/sys/fs/cgroup/node/memory.numa_stat" | tr '=' ' ' | awk '{ print $1, $3, $5 }')"
equal "cpu.mems: none of it is on node 0" 0 "$node0"
between "cpu.mems: all of it is on node 1" $((20 << 20)) $((30 << 20)) "$node1"
rt delete --force node
