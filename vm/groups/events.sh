#!/usr/bin/env bash
# rt events where every controller counts: numbers against what the container did, and against runc's of a container like it.
# vm: mini-v2 mini-v2-5.10 mini-v1 mini-hybrid
# seconds: 1200
source /vm/lib.sh

case $VM_KIND in
    mini-v1 | mini-hybrid) version=1 ;;
    *) version=2 ;;
esac

file() { # id controller name: of the container's cgroup
    if ((version == 1)); then echo "/sys/fs/cgroup/$2/$1/$3"; else echo "/sys/fs/cgroup/$1/$3"; fi
}

stats() { # id [filter]: of one line of statistics
    rt events --stats "$1" | jq -c ".data | ${2-.}"
}

rests() { # its three processes sleep, and the quota has been used up at least once
    [[ $(xargs -I{} cat /proc/{}/comm <"$(file box memory cgroup.procs)" | xargs) == "sleep sleep sleep" ]] &&
        grep -q '^nr_throttled [1-9]' "$(file box cpu cpu.stat)"
}

watch() { # id: its events of the next hour go to $work/ID.events; sets watcher
    command rt events --interval 1h "$1" </dev/null >"$work/$1.events" 2>&1 &
    watcher=$!
    soon grep -q '^271 ' "/proc/$watcher/syscall" # ppoll, on x86-64
}

counted() { # id number: so many kills have been told of; or more under v1, which tells that memory has run out
    local told
    told=$(grep -cxF "{\"type\":\"oom\",\"id\":\"$1\"}" "$work/$1.events")
    ((version == 1 ? told >= $2 : told == $2))
}

disk=$((0x$(stat -c %t /dev/vdc))) minor=$((0x$(stat -c %T /dev/vdc)))
# Without a limit, v1 of Linux 6.1 does not count what is read.
limits='.linux.resources = {
    memory: {limit: 67108864, swap: 100663296}, pids: {limit: 50}, cpu: {quota: 20000, period: 100000, cpus: "0"},
    blockIO: {throttleReadBpsDevice: [{major: $major, minor: $minor, rate: 1000000000}]},
    devices: [{allow: true, type: "b", major: $major, minor: $minor, access: "rw"}]}
    | .linux.devices = [{path: "/dev/disk", type: "b", major: $major, minor: $minor, fileMode: 384, uid: 0, gid: 0}]'
work_and_rest='dd if=/dev/zero of=/dev/shm/file bs=1M count=24; dd if=/dev/disk of=/dev/null bs=1M count=8
    i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); done; echo done; sleep 600 & sleep 600 & sleep 600'
bundle box "$work_and_rest" "$limits" --argjson major "$disk" --argjson minor "$minor"
sync
echo 3 >/proc/sys/vm/drop_caches
check "a container with limits" start box
check "it has done its work" soon grep -qx "done" "$work/box.out"
check "it rests" soon rests
rt events --stats box >"$work/box.stats"

equal "the line has its type, the id and the data" '["type","id","data"]' "$(jq -c keys_unsorted "$work/box.stats")"
between "memory is what was written to a tmpfs, and a little more" $((24 << 20)) $((48 << 20)) "$(stats box .memory.usage.usage)"
between "most of it is files' content" $((24 << 20)) $((48 << 20)) "$(stats box .memory.cache)"
equal "its limit" $((64 << 20)) "$(stats box .memory.usage.limit)"
equal "the limit of memory and swap" $((96 << 20)) "$(stats box .memory.swap.limit)"
equal "memory and swap, of which there is none" "$(stats box '.memory.usage.usage / 1048576 | floor')" \
    "$(stats box '.memory.swap.usage / 1048576 | floor')"
equal "memory.stat is there word for word" "$(cut -d' ' -f1 "$(file box memory memory.stat)" | LC_ALL=C sort | xargs)" \
    "$(stats box '.memory.raw | keys_unsorted | join(" ")' | tr -d '"')"
between "the tmpfs in it, as near as the kernel counts" $((23 << 20)) $((25 << 20)) "$(stats box .memory.raw.shmem)"
equal "processes" '{"current":3,"limit":50}' "$(stats box .pids)"
nodes=$(find /sys/devices/system/node -maxdepth 1 -name 'node[0-9]*' | grep -o '[0-9]*$' | sort | jq -sc .)
equal "processors and memory nodes" "[[0],$nodes]" "$(stats box '[.cpuset.cpus, .cpuset.mems]')"
between "bytes read from the disk" $((8 << 20)) $((16 << 20)) \
    "$(stats box ".blkio.ioServiceBytesRecursive[] | select(.major == $disk and (.minor // 0) == $minor and .op == \"Read\").value")"
between "reads of the disk" 1 8192 \
    "$(stats box ".blkio.ioServicedRecursive[] | select(.major == $disk and (.minor // 0) == $minor and .op == \"Read\").value")"
between "throttling: of the periods" 1 100000 "$(stats box .cpu.throttling.throttledPeriods)"
check "not more were throttled than there were" test "$(stats box '.cpu.throttling.throttledPeriods <= .cpu.throttling.periods')" == true
between "throttling: nanoseconds" 1000000 1000000000000 "$(stats box .cpu.throttling.throttledTime)"
if ((version == 2)); then
    equal "processor time is that of the kernel and that of programs" true \
        "$(stats box '.cpu.usage | (.total - .kernel - .user) | fabs < 10000')"
else
    equal "processor time is the sum of both processors'" true "$(stats box '.cpu.usage | .total == (.percpu | add)')"
    equal "and there is what each of them did" '[2,2]' "$(stats box '.cpu.usage | [.percpu_kernel, .percpu_user | length]')"
    equal "memory has been at its most what it is now, or more" true "$(stats box '.memory.usage | .max >= .usage')"
    equal "the kernel's own memory is counted by itself" true "$(stats box '.memory.kernel.usage > 0')"
fi
equal "pressure is told where the kernel tracks it" "$([[ -e $(file box cpu cpu.pressure) ]] && echo 3 || echo 0)" \
    "$(stats box '[.cpu, .memory, .blkio | .psi | select(.some.total >= 0 and .full.avg10 >= 0)] | length')"
equal "huge pages are told by size" "1GB 2MB" "$(stats box '.hugetlb | keys_unsorted | join(" ")' | tr -d '"')"

# runc, with the same bundle. What a counter has may differ; which there are, and what limits are, may not. This runc looks for
# the failures of huge pages in files that no kernel has, and then tells nothing of them.
check "delete" rt delete --force box
check "the same container under runc" timeout 120 runc run --detach --bundle "$work/box" box
check "it rests" soon rests
timeout 60 runc events --stats box >"$work/runc.stats"
for name in runc box; do
    jq -r 'paths(type | . != "object" and . != "array") | map(if type == "number" then 0 else . end) | join(".")' "$work/$name.stats" |
        sort -u >"$work/$name.members"
done
equal "every member that runc prints is there" "" "$(comm -23 "$work"/{runc,box}.members)"
more=$(comm -13 "$work"/{runc,box}.members |
    grep -vE '\.(psi|hugetlb)\.|^data\.cpuset\.(cpus|mems)\.|\.usage\.max$' || true)
equal "and nothing more than it, but for what later runcs print, and the effective cpuset" "" "$more"
same='.data | [.memory.usage.limit, .memory.swap.limit, .pids, .network_interfaces, .intel_rdt,
    (.memory.raw | keys), [.memory[] | objects | .failcnt // empty]]'
equal "limits, processes and the like are runc's" "$(jq -c "$same" "$work/runc.stats")" "$(jq -c "$same" "$work/box.stats")"
check "runc's container is deleted" timeout 60 runc delete --force box

# Intervals.
bundle busy 'while :; do :; done'
check "a busy container" start busy
command rt events --interval 500ms busy </dev/null >"$work/busy.events" 2>&1 &
watcher=$!
check "three lines of statistics" soon sh -c "test \$(wc -l <'$work/busy.events') -ge 3"
equal "processor time grows from line to line" true "$(head -n 3 "$work/busy.events" | jq -s '[.[].data.cpu.usage.total] | . == unique')"
check "the container is killed" rt delete --force busy
check "and its events end" wait "$watcher"

# Killed for want of memory.
small='.linux.resources.memory = {limit: 33554432, swap: 33554432}'
hog='dd if=/dev/zero of=/dev/null bs=128M count=1'
bundle hungry "$hog; $hog; $hog; echo done; sleep 600" "$small"
check "a container that is to run out of memory" rt create --bundle "$work/hungry" hungry
watch hungry
check "it is started" rt start hungry
check "each of three kills is told" soon counted hungry 3
sleep 1
check "and told once" counted hungry 3
equal "as the kernel counted" "oom_kill 3" "$(grep -h '^oom_kill ' "$(file hungry memory memory)".{events,oom_control} 2>/dev/null)"
watch hungry
sleep 1
check "those who come later hear nothing of it" test ! -s "$work/hungry.events"
check "the container is killed" rt delete --force hungry
check "and its events end" wait "$watcher"

bundle victim "exec $hog" "$small"
check "a container whose first process is to run out of memory" rt create --bundle "$work/victim" victim
watch victim
check "it is started" rt start victim
check "its events end with it" wait "$watcher"
check "and the kill was told before" counted victim 1
refused "then it is not running" "container with id victim is not running" rt events victim
check "delete" rt delete victim
finish
