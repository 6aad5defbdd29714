# shellcheck shell=bash
# Where the cgroup is, what stands in its way, and what cgroup v2 alone has.

cgroups=/sys/fs/cgroup
bundle deep 'sleep 600' '.linux.cgroupsPath = "/a/b/c" | .linux.resources.memory = {limit: 50000000}'
check "cgroupsPath: three levels down" start deep
for above in "" /a /a/b; do
    check "cgroupsPath: controllers are handed down from ${above:-/}" grep -w memory "$cgroups$above/cgroup.subtree_control"
done
check "cgroupsPath: the limit is there" grep -x 49999872 "$cgroups/a/b/c/memory.max" # whole pages
rt delete --force deep
check "cgroupsPath: the cgroup goes" not test -e "$cgroups/a/b/c"
rmdir -p "$cgroups/a/b" 2>/dev/null || true

bundle plain 'sleep 600'
check "no limits: start" start plain
equal "no limits: the program is in a cgroup of its own all the same" "0::/plain" "$(grep 0:: "/proc/$(rt state plain | jq .pid)/cgroup")"

echo 1 >"$cgroups/plain/cgroup.freeze"
eventually "a frozen container is paused" is_status plain paused
echo 0 >"$cgroups/plain/cgroup.freeze"
eventually "a thawed one runs" is_status plain running
echo 1 >"$cgroups/plain/cgroup.freeze"
eventually "frozen again" is_status plain paused
check "a frozen one can be deleted by force" rt delete --force plain

equal "unified: the kernel acts on what was written" "16777216 throttled" \
    "$(inside 'dd if=/dev/zero of=/dev/null bs=40M count=1 2>/dev/null
        echo $(cat /sys/fs/cgroup/memory.high) $(grep -q "^high 0" /sys/fs/cgroup/memory.events || echo throttled)' \
        '.linux.resources.unified = {"memory.high": "16777216"} | .linux.resources.memory = {limit: 60000000}')"
refused "unified: a file that the kernel does not have" "linux.resources.unified.memory.nothing" inside true \
    '.linux.resources.unified = {"memory.nothing": "1"}'
refused "unified: a value that the kernel does not take" "linux.resources.unified.memory.max" inside true \
    '.linux.resources.unified = {"memory.max": "many"}'

legacy() { # property value: one that only cgroup v1 has
    refused "$1 is cgroup v1's alone" "linux.resources.$1" inside true "setpath([\"linux\", \"resources\"] + (\"$1\" / \".\"); $2)"
}
legacy memory.kernel 1000000
legacy memory.kernelTCP 1000000
legacy memory.swappiness 10
legacy memory.disableOOMKiller true
legacy cpu.realtimeRuntime 1000
legacy cpu.realtimePeriod 1000
legacy blockIO.leafWeight 100
legacy network.classID 1
legacy network.priorities '[{name: "lo", priority: 1}]'

# Cgroups above it that can't have it.
below() { # cgroup: a container below it, with a limit
    inside true ".linux.cgroupsPath = \"/$1/below\" | .linux.resources.pids = {limit: 100}"
}
mkdir "$cgroups/busy" "$cgroups/threaded" "$cgroups/full"
sleep 600 &
sleeper=$!
echo "$sleeper" >"$cgroups/busy/cgroup.procs"
refused "a cgroup with processes of its own" "$cgroups/busy has processes of its own" below busy
check "nothing is left below it" not test -e "$cgroups/busy/below"
equal "and it is what it was" "domain" "$(value busy cgroup.type)$(value busy cgroup.subtree_control)"
check "without limits there is nothing to refuse" inside true '.linux.cgroupsPath = "/busy/below"'
kill "$sleeper"
wait "$sleeper" || true

mkdir "$cgroups/threaded/domain"
echo threaded >"$cgroups/threaded/domain/cgroup.type"
refused "a threaded cgroup" "/threaded/domain/below" below threaded/domain
check "nothing is left below that" not test -e "$cgroups/threaded/domain/below"

echo 0 >"$cgroups/full/cgroup.max.descendants"
refused "a cgroup that may have none below it" "$cgroups/full/below" below full
rmdir "$cgroups/busy" "$cgroups/threaded/domain" "$cgroups/threaded" "$cgroups/full"
