# shellcheck shell=bash
# linux.resources.blockIO, on the disk vdc, of which every container here has a node.

vdc=$(cat /sys/block/vdc/dev)
disk='.linux.devices = [{path: "/dev/vdc", type: "b", major: '${vdc%:*}', minor: '${vdc#*:}', fileMode: 384}]
    | .linux.resources.devices += [{allow: true, type: "b", major: '${vdc%:*}', minor: '${vdc#*:}', access: "rwm"}]'

throttled() { # property key rate dd-operands: dd takes at least 2.5 s for what the limit lets through in 4
    local start=${EPOCHREALTIME/[.,]/} seen
    seen=$(inside "cat /sys/fs/cgroup/io.max; dd bs=64k $4 2>&1 | tail -n 1" \
        "$disk | .linux.resources.blockIO = {$1: [{major: ${vdc%:*}, minor: ${vdc#*:}, rate: $3}]}")
    equal "blockIO.$1: io.max says so" "$2=$3" "$(grep -o "$2=[0-9]*" <<<"$seen")"
    between "blockIO.$1: direct access takes its time (ms)" 2500 60000 $(((${EPOCHREALTIME/[.,]/} - start) / 1000))
}
throttled throttleReadBpsDevice rbps 1048576 'if=/dev/vdc of=/dev/null count=64 iflag=direct'
throttled throttleWriteBpsDevice wbps 1048576 'if=/dev/zero of=/dev/vdc count=64 oflag=direct'
throttled throttleReadIOPSDevice riops 16 'if=/dev/vdc of=/dev/null count=64 iflag=direct'
throttled throttleWriteIOPSDevice wiops 16 'if=/dev/zero of=/dev/vdc count=64 oflag=direct'
equal "blockIO: a rate of 0 is none" "" "$(inside 'cat /sys/fs/cgroup/io.max' \
    "$disk | .linux.resources.blockIO = {throttleReadBpsDevice: [{major: ${vdc%:*}, minor: ${vdc#*:}, rate: 0}]}")"
refused "blockIO: a device that is not there" "linux.resources.blockIO.throttleReadBpsDevice[0]" inside true \
    '.linux.resources.blockIO = {throttleReadBpsDevice: [{major: 4000, minor: 1, rate: 1}]}'

weights="{weight: 500, weightDevice: [{major: ${vdc%:*}, minor: ${vdc#*:}, weight: 1000}]}"
refused "blockIO.weightDevice: without BFQ and without the kernel's cost model there is none" \
    "linux.resources.blockIO.weightDevice[0]" inside true "$disk | .linux.resources.blockIO = $weights"
echo "$vdc enable=1" >/sys/fs/cgroup/io.cost.qos
equal "blockIO.weight: without BFQ, io.weight has it in its own numbers" "default 4950 $vdc 10000" \
    "$(inside 'echo $(cat /sys/fs/cgroup/io.weight)' "$disk | .linux.resources.blockIO = $weights")"
echo "$vdc enable=0" >/sys/fs/cgroup/io.cost.qos

modprobe bfq
echo bfq >/sys/block/vdc/queue/scheduler
equal "blockIO.weight: with BFQ, io.bfq.weight has it as it is" "default 500 $vdc 1000" \
    "$(inside 'echo $(cat /sys/fs/cgroup/io.bfq.weight)' "$disk | .linux.resources.blockIO = $weights")"
reads='while :; do dd if=/dev/vdc of=/dev/null bs=4k count=1000 iflag=direct 2>/dev/null; done'
bundle much "$reads" "$disk"' | .linux.resources.blockIO = {weight: 1000}'
bundle little "$reads" "$disk"' | .linux.resources.blockIO = {weight: 100}'
check "blockIO.weight: a container with ten times the weight of another" start much
check "blockIO.weight: the other" start little
sleep 8
bytes() { sed -n "s/^$vdc rbytes=\([0-9]*\).*/\1/p" "/sys/fs/cgroup/$1/io.stat"; }
between "blockIO.weight: BFQ gives it more of the disk (per cent)" 200 2000 $(($(bytes much) * 100 / $(bytes little)))
rt delete --force much
rt delete --force little
echo none >/sys/block/vdc/queue/scheduler
