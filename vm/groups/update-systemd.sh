#!/usr/bin/env bash
# Limits that change in a cgroup of systemd's, which would put others back if it did not know of them.
# vm: debian
# seconds: 900
# shellcheck source=vm/lib.sh
source /vm/lib.sh

unit=rt-scoped.scope
cgroup=/sys/fs/cgroup/system.slice/$unit
property() { systemctl show --property "$1" --value "$unit"; }
files() { # file...: in one line
    local one all=()
    for one; do all+=("$(<"$cgroup/$one")"); done
    echo "${all[*]}"
}
start_scope() { # id
    rt --systemd-cgroup create --bundle "$work/$1" "$1" </dev/null >"$work/$1.out" 2>&1 && rt start "$1"
}

bundle scoped 'exec sleep 600' '.linux.cgroupsPath = "system.slice:rt:" + $id | .linux.resources.pids = {limit: 50}
    | .linux.resources.memory = {limit: 104857600} | .linux.resources.cpu = {quota: 50000, period: 100000}'
check "a container in a scope starts" start_scope scoped
check "its limits change" rt update --memory 64M --pids-limit 20 --cpu-share 512 --cpuset-cpus 1 scoped
equal "for the kernel" "$((64 << 20)) 20 1 50000 100000" "$(files memory.max pids.max cpuset.cpus cpu.max)"
equal "and for systemd" "$((64 << 20)) 20 1" "$(property MemoryMax) $(property TasksMax) $(property AllowedCPUs)"
equal "the weight of both" "$(property CPUWeight)" "$(files cpu.weight)"
check "a period alone" rt update --cpu-period 50000 scoped
equal "keeps the quota for the kernel" "50000 50000" "$(files cpu.max)"
equal "and for systemd" "1s 50ms" "$(property CPUQuotaPerSecUSec) $(property CPUQuotaPeriodUSec)"
limits=$(files memory.max pids.max cpuset.cpus cpu.max cpu.weight)
check "systemd is reloaded" systemctl daemon-reload
equal "and leaves all as it is" "$limits" "$(files memory.max pids.max cpuset.cpus cpu.max cpu.weight)"

refused "what the kernel refuses" "--cpuset-cpus: write \"77\"" rt update --memory 32M --pids-limit 10 --cpuset-cpus 77 scoped
refused "what fails when systemd knows already" "there is no resctrl file system mounted" \
    rt update --memory 32M --pids-limit 10 --cpuset-cpus 0 --mem-bw-schema MB:0=50 scoped
equal "is undone for the kernel" "$limits" "$(files memory.max pids.max cpuset.cpus cpu.max cpu.weight)"
equal "and for systemd" "$((64 << 20)) 20 1" "$(property MemoryMax) $(property TasksMax) $(property AllowedCPUs)"

check "pause" rt pause scoped
equal "is pause" paused "$(status scoped)"
check "with its limits changing" rt update --memory 80M scoped
equal "for systemd as well" "$((80 << 20))" "$(property MemoryMax)"
check "resume" rt resume scoped
equal "is resume" running "$(status scoped)"
equal "its process is listed" "[$(rt state scoped | jq .pid)]" "$(rt ps --format json scoped)"
check "kill --all" rt kill --all scoped KILL
check "delete" rt delete --force scoped
finish
