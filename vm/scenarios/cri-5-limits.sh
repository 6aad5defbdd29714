# shellcheck shell=bash disable=SC2016
# Limits of containers and pods: as they are made, as they change, and what becomes of those who go beyond; what was used.

limits() { # filter file...: of a container in the standing pod, what the files of its cgroup say, from inside
    once "$1" sh -c 'cd /sys/fs/cgroup; for file; do echo $file $(cat $file 2>&1); done' sh "${@:2}"
}
scenario "memory and swap" '^memory.max 67108864$' <<'END'
limits '.linux.resources += {memory_limit_in_bytes: 67108864}' memory.max memory.swap.max
limits '.linux.resources += {memory_limit_in_bytes: 67108864, memory_swap_limit_in_bytes: 67108864}' memory.max memory.swap.max
limits '.linux.resources += {memory_limit_in_bytes: 67108864, unified: {"memory.min": "16777216", "memory.high": "50331648"}}' memory.max memory.min memory.high
END
scenario "cpu" '^cpu.max 150000 100000$' <<'END'
limits '.linux.resources += {cpu_quota: 150000, cpu_shares: 1024}' cpu.max cpu.weight
limits '.linux.resources += {cpu_quota: 20000, cpu_period: 50000, cpu_shares: 2}' cpu.max cpu.weight
limits '.linux.resources += {cpuset_cpus: "1", cpuset_mems: "0"}' cpuset.cpus cpuset.mems
END
scenario "huge pages, pids, oom_score_adj" '^hugetlb.2MB.max 4194304$' <<'END'
limits '.linux.resources += {hugepage_limits: [{page_size: "2MB", limit: 4194304}], unified: {"pids.max": "20"}}' hugetlb.2MB.max hugetlb.1GB.max pids.max
once '.linux.resources.oom_score_adj = 999' cat /proc/self/oom_score_adj
END
scenario "a pod's cgroup" '^/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podY.slice/' <<'END'
cd "$work"; pod '.linux.cgroup_parent = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podY.slice"'
run once . sleep 600
sed 's/^0:://' "/proc/$(pid_of "$container")/cgroup"; cri execsync "$container" cat /proc/self/cgroup
systemctl show --property Slice,Delegate,CollectMode,TasksAccounting,MemoryAccounting "cri-containerd-$container.scope"
rmp
END
# The container lives on for a while: what happens in a cgroup just before systemd removes it, containerd may miss, whatever the
# runtime.
scenario "OOMKilled" '^OOMKilled 3 ' <<'END'
once '.linux.resources += {memory_limit_in_bytes: 33554432, memory_swap_limit_in_bytes: 33554432}' sh -c 'sleep 1; dd if=/dev/urandom of=/dev/null bs=64M count=1 2>/dev/null; echo $?; sleep 2; exit 3' | grep -v Killed$
END
scenario "an update of resources" '^memory.max 134217728$' <<'END'
sleeper '.linux.resources += {memory_limit_in_bytes: 67108864, cpu_quota: 50000}'
cri call UpdateContainerResources "{\"container_id\": \"$container\", \"linux\": {\"memory_limit_in_bytes\": 134217728, \"cpu_quota\": 20000, \"cpu_period\": 100000, \"cpu_shares\": 512, \"cpuset_cpus\": \"0\"}}"
cri execsync "$container" sh -c 'cd /sys/fs/cgroup; for file in memory.max cpu.max cpu.weight cpuset.cpus; do echo $file $(cat $file); done'
status .resources.linux
cri call UpdateContainerResources "{\"container_id\": \"$container\", \"linux\": {\"cpuset_cpus\": \"77\"}}" >/dev/null 2>&1 || echo refused
cri call UpdateContainerResources "{\"container_id\": \"$container\", \"linux\": {\"memory_limit_in_bytes\": -1}}"; cri execsync "$container" cat /sys/fs/cgroup/memory.max
systemctl show --property MemoryMax,CPUQuotaPerSecUSec "cri-containerd-$container.scope"
rm_container
END
scenario "stats" '^memory, cpu and processes$' <<'END'
sleeper .
cri call ContainerStats "{\"container_id\": \"$container\"}" | jq -c '.stats | (.cpu.usageCoreNanoSeconds.value | tonumber > 0), (.memory.workingSetBytes.value | tonumber > 0), (.memory | keys), (.cpu | keys)'
cri call PodSandboxStats "{\"pod_sandbox_id\": \"$pod\"}" | jq -r '.stats.linux | if (.memory.workingSetBytes.value | tonumber > 0) and (.cpu.usageCoreNanoSeconds.value | tonumber > 0) and (.process.processCount.value | tonumber > 0) then "memory, cpu and processes" else . end'
cri call ListContainerStats | jq '.stats | length'
rm_container
END
