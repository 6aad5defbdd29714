# shellcheck shell=bash
# linux.resources.memory, on a machine with 256 MiB of swap.

mkswap /dev/vdd >/dev/null
swapon /dev/vdd
mega=$((1 << 20))
use_memory() { echo "dd if=/dev/urandom of=/dev/null bs=$1M count=1 2>/dev/null"; } # dd fills a buffer of that size; zeros would take no room

bundle over "exec $(use_memory 60)" ".linux.resources.memory = {limit: (20 * $mega), swap: (20 * $mega)}"
exits "memory.limit: a program that takes more is killed" 137 run over
equal "memory.limit: the kernel counts the kill" $'137\noom_kill 1' \
    "$(inside "$(use_memory 60); echo \$?; grep -w oom_kill /sys/fs/cgroup/memory.events" \
        ".linux.resources.memory = {limit: (20 * $mega), swap: (20 * $mega)}")"
equal "memory.limit: one that takes less is not" $'0\n20971520' \
    "$(inside "$(use_memory 10); echo \$?; cat /sys/fs/cgroup/memory.max" ".linux.resources.memory = {limit: (20 * $mega)}")"

equal "memory.swap, more than the limit: what does not fit is swapped out" "0 104857600 swapped" \
    "$(inside "$(use_memory 60)"'; echo $? $(cat /sys/fs/cgroup/memory.swap.max) \
        $([ $(cat /sys/fs/cgroup/memory.swap.peak) -gt 10000000 ] && echo swapped)' \
        ".linux.resources.memory = {limit: (30 * $mega), swap: (130 * $mega)}")"
equal "memory.swap, equal to the limit: nothing is, and the program is killed" "137 0 0" \
    "$(inside "$(use_memory 60)"'; echo $? $(cat /sys/fs/cgroup/memory.swap.max /sys/fs/cgroup/memory.swap.peak)' \
        ".linux.resources.memory = {limit: (30 * $mega), swap: (30 * $mega)}")"
equal "memory.swap: what fits neither into memory nor into swap is killed" "137" \
    "$(inside "$(use_memory 80)"'; echo $?' ".linux.resources.memory = {limit: (30 * $mega), swap: (50 * $mega)}")"
equal "memory.swap, -1: all of the machine's swap" "0 max" \
    "$(inside "$(use_memory 60)"'; echo $? $(cat /sys/fs/cgroup/memory.swap.max)' \
        ".linux.resources.memory = {limit: (30 * $mega), swap: -1}")"
equal "memory.limit, -1: no limit" "0 max" \
    "$(inside "$(use_memory 60)"'; echo $? $(cat /sys/fs/cgroup/memory.max)' ".linux.resources.memory = {limit: -1}")"

# Two containers with 50 MiB each in a cgroup that has room for 70: who goes to swap?
fill='dd if=/dev/urandom of=/dev/shm/x bs=1M count=50 2>/dev/null; sleep 600'
bundle reserved "$fill" ".linux.cgroupsPath = \"/tight/reserved\" | .linux.resources.memory = {reservation: (60 * $mega)}"
bundle other "$fill" '.linux.cgroupsPath = "/tight/other"'
check "memory.reservation: a container that has 60 MiB reserved" start reserved
echo $((70 * mega)) >/sys/fs/cgroup/tight/memory.max
check "memory.reservation: another beside it" start other
equal "memory.reservation: memory.low says so" $((60 * mega)) "$(value tight/reserved memory.low)"
eventually "memory.reservation: the other one is swapped out" above "tight/other" memory.swap.current $((20 * mega))
equal "memory.reservation: the one with the reservation is not" 0 "$(value tight/reserved memory.swap.current)"
rt delete --force reserved
rt delete --force other
rmdir /sys/fs/cgroup/tight
swapoff /dev/vdd
