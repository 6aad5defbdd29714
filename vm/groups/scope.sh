#!/usr/bin/env bash
# --systemd-cgroup: the scope, its limits and its end, with a systemd that has all controllers; also one of a user's own.
# vm: debian
# seconds: 1200
# shellcheck source=vm/lib.sh
source /vm/lib.sh

rt() { timeout --kill-after=5 120 rt --systemd-cgroup "$@"; }

property() { # unit property
    systemctl show --property "$2" --value "$1"
}
file() { # name: of the cgroup of "life"
    tr '\n' ' ' <"/sys/fs/cgroup/machine.slice/machine-rt.slice/box-life.scope/$1" | sed 's/ $//'
}
no_unit() { # unit
    [[ $(property "$1" LoadState) == not-found ]]
}
after() { # unit unit: it is to start behind it
    [[ " $(property "$1" After) " == *" $2 "* ]]
}
has_failed() { # unit
    [[ $(property "$1" ActiveState) == failed ]]
}
refusals() { # how often "life" was refused its device, and nothing else
    [[ $(tail -n +2 "$work/life.out" | uniq -c | tr -s ' ') == " $1 refused" ]]
}
limits() {
    local name
    for name in memory.max memory.swap.max memory.low cpu.max cpu.weight cpuset.cpus pids.max io.weight; do echo "$name $(file "$name")"; done
}

# The disk, which the container has a node of and may not open, is tried whenever it is asked to.
check "the host may read its disk" head -c 1 /dev/vda
bundle life 'mknod /dev/probe b '"$(tr : ' ' </sys/class/block/vda/dev)"'
    probe() { if head -c 1 /dev/probe >/dev/null 2>&1; then echo opened; else echo refused; fi; }
    trap probe USR1; echo ready; while :; do sleep 0.2; done' '
    .linux.cgroupsPath = "machine-rt.slice:box:life"
    | .process.capabilities[] += ["CAP_MKNOD"]
    | .linux.resources.memory = {limit: 104857600, swap: 209715200, reservation: 1048576}
    | .linux.resources.cpu = {quota: 33300, period: 50000, shares: 512, cpus: "0"}
    | .linux.resources.pids.limit = 77
    | .linux.resources.blockIO.weight = 300
    | .linux.resources.unified = {"memory.high": "90M"}
    | .annotations = {"org.systemd.property.TimeoutStopSec": "uint64 7", "org.systemd.property.After": "[\"dbus.service\"]"}'
check "create" start life
unit=box-life.scope
equal "the unit runs" active "$(property $unit ActiveState)"
equal "its cgroup is in the slice" /machine.slice/machine-rt.slice/$unit "$(property $unit ControlGroup)"
equal "its process is in the cgroup" "$(rt state life | jq .pid)" "$(file cgroup.procs | cut -d' ' -f1)"
equal "it is delegated" yes "$(property $unit Delegate)"
equal "an annotation gave it seconds" 7s "$(property $unit TimeoutStopUSec)"
check "an annotation gave it an order" after $unit dbus.service
expected=$(printf '%s\n' 'memory.max 104857600' 'memory.swap.max 104857600' 'memory.low 1048576' 'cpu.max 33500 50000' \
    'cpu.weight 59' 'cpuset.cpus 0' 'pids.max 77' 'io.weight default 2930')
equal "the limits are those of the configuration" "$expected" "$(limits)"
equal "a unified limit is systemd's as well" 94371840 "$(property $unit MemoryHigh)"

check "the program runs" soon grep -x ready "$work/life.out"
check "probe" rt kill life USR1
check "the device is refused" soon refusals 1
check "systemd is reloaded" systemctl daemon-reload
check "a property is set behind rt's back" systemctl set-property --runtime $unit TasksMax=78
check "another probe" rt kill life USR1
check "the device still is" soon refusals 2
equal "the other limits are as they were" "${expected/pids.max 77/pids.max 78}" "$(limits)"

bundle other 'sleep 600' '.linux.cgroupsPath = "machine-rt.slice:box:life"'
refused "a scope of somebody else's is not taken" "start systemd unit $unit: Unit $unit was already loaded" \
    rt create --bundle "$work/other" other
equal "nor stopped" active "$(property $unit ActiveState)"
check "kill" rt kill life KILL
check "it dies" soon is_status life stopped
check "delete" rt delete life
check "the unit is gone" no_unit $unit

bundle wrong 'sleep 600' '.linux.cgroupsPath = ":box:wrong" | .linux.resources.unified = {"memory.max": "much"}'
refused "a limit that the kernel refuses fails the creation" "linux.resources.unified.memory.max" rt create --bundle "$work/wrong" wrong
check "and leaves no unit" no_unit box-wrong.scope
bundle unknown 'sleep 600' '.linux.cgroupsPath = ":box:unknown" | .annotations = {"org.systemd.property.NoSuch": "5"}'
refused "so does a property that systemd does not know" "Cannot set property NoSuch" rt create --bundle "$work/unknown" unknown
check "and leaves none either" no_unit box-unknown.scope

bundle late 'sleep 600' 'del(.linux.cgroupsPath) | .annotations = {"org.systemd.property.RuntimeMaxSec": "2"}'
check "start of one that systemd will end" start late
check "systemd ends it" soon has_failed rt-late.scope
check "delete of it" rt delete late
check "systemd has forgotten that it failed" no_unit rt-late.scope

bundle direct 'sleep 600' 'del(.linux.cgroupsPath)'
check "start without a bus" env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere bash -c '
    rt --systemd-cgroup create --bundle "$0/direct" direct </dev/null >/dev/null 2>"$0/direct.error" || { cat "$0/direct.error"; exit 1; }' "$work"
equal "the unit runs" active "$(property rt-direct.scope ActiveState)"
check "delete --force" rt delete --force direct
check "its unit is gone" no_unit rt-direct.scope

# A user's own systemd has, of the controllers, cpu, memory and pids.
useradd --create-home --uid 1000 box
systemctl start user@1000
as_box() {
    setpriv --reuid=1000 --regid=1000 --init-groups env HOME=/home/box XDG_RUNTIME_DIR=/run/user/1000 timeout 120 "$@"
}
as_box mkdir /run/user/1000/bundle
as_box rt spec --rootless --bundle /run/user/1000/bundle
jq '.process.terminal = false | .process.args = ["sleep", "600"] | .root.path = "/vm/rootfs" | .linux.resources.pids.limit = 7' \
    /run/user/1000/bundle/config.json >"$work/config"
cp "$work/config" /run/user/1000/bundle/config.json
check "create as a user" as_box sh -c '
    rt --systemd-cgroup create --bundle /run/user/1000/bundle own </dev/null >/dev/null 2>"$HOME/error" || { cat "$HOME/error"; exit 1; }'
cgroup=/user.slice/user-1000.slice/user@1000.service/user.slice/rt-own.scope
equal "the scope is one of his own systemd" "0::$cgroup" "$(cat "/proc/$(as_box rt state own | jq .pid)/cgroup")"
equal "it has its limit" 7 "$(cat "/sys/fs/cgroup$cgroup/pids.max")"
equal "which is his systemd's as well" TasksMax=7 "$(as_box systemctl --user show --property TasksMax rt-own.scope)"
check "delete --force as a user" as_box rt delete --force own
check "the cgroup is gone" not test -e "/sys/fs/cgroup$cgroup"
equal "and the unit" LoadState=not-found "$(as_box systemctl --user show --property LoadState rt-own.scope)"
systemctl stop user@1000 user-runtime-dir@1000
finish
