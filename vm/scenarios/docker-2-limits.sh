# shellcheck shell=bash disable=SC2016
# Limits, by what the container's cgroup has and by what becomes of those who go beyond.

group_files() { # file...: which of the container's cgroup say what, from inside
    quick "${options[@]}" busybox sh -c 'cd /sys/fs/cgroup; for file; do echo $file $(cat $file 2>&1); done' sh "$@"
}
scenario "--memory, --memory-swap, --memory-reservation" '^memory.max 67108864$' limits <<'END'
options=(--memory 64m --memory-swap 96m --memory-reservation 32m); group_files memory.max memory.swap.max memory.low
options=(--memory 64m --memory-swap -1); group_files memory.max memory.swap.max
options=(--memory 64m); group_files memory.max memory.swap.max
END
scenario "--memory-swap below --memory" '^\[125\]$' limits <<'END'
quick --memory 64m --memory-swap 32m busybox true
END
scenario "beyond --memory" '^true 137$' limits <<'END'
docker run --name box --network none --memory 32m --memory-swap 32m busybox dd if=/dev/urandom of=/dev/null bs=64M count=1
docker inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' box
gone
END
scenario "--cpus, --cpu-shares, --cpu-period, --cpu-quota" '^cpu.max 150000 100000$' limits <<'END'
options=(--cpus 1.5); group_files cpu.max cpu.weight
options=(--cpu-shares 512 --cpu-period 50000 --cpu-quota 25000); group_files cpu.max cpu.weight
options=(--cpu-shares 2); group_files cpu.weight
options=(--cpu-shares 262144); group_files cpu.weight
END
scenario "--cpus, more than there are" '^\[125\]$' <<'END'
quick --cpus 1000 busybox true
END
scenario "--cpuset-cpus, --cpuset-mems" '^cpuset.cpus 1$' limits <<'END'
options=(--cpuset-cpus 1 --cpuset-mems 0); group_files cpuset.cpus cpuset.cpus.effective cpuset.mems
quick --cpuset-cpus 1 busybox grep Cpus_allowed_list /proc/self/status
quick --cpuset-cpus 100 busybox true
END
scenario "--pids-limit" '^pids.max 20$' limits <<'END'
options=(--pids-limit 20); group_files pids.max
options=(--pids-limit -1); group_files pids.max
quick --pids-limit 5 busybox sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait; echo all'
END
scenario "--blkio-weight" '^io.weight default 2930$' limits <<'END'
options=(--blkio-weight 300); group_files io.weight
END
scenario "--ulimit" '^100$' <<'END'
quick --ulimit nofile=100:200 --ulimit nproc=100 --ulimit core=0 busybox sh -c 'ulimit -n; ulimit -Hn; ulimit -c'
quick --ulimit nofile=20:10 busybox true
END
scenario "--oom-score-adj" '^321$' <<'END'
quick --oom-score-adj 321 busybox cat /proc/self/oom_score_adj
END
scenario "--oom-kill-disable" '^\[0\]$' <<'END'
quick --memory 64m --oom-kill-disable busybox true
END
scenario "--shm-size" '^shm +4096 ' <<'END'
quick --shm-size 4m busybox sh -c 'df -k /dev/shm | grep shm; mount | grep "/dev/shm"'
END
scenario "--sysctl" '^9000$' <<'END'
quick --sysctl net.ipv4.ip_default_ttl=77 --sysctl kernel.msgmax=9000 busybox cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/msgmax
quick --sysctl kernel.nothing=1 busybox true 2>&1 | words
quick --sysctl net.nothing.at.all=1 busybox true 2>&1 | words
END
scenario "--device" '^opened$' <<'END'
quick --device /dev/fuse busybox sh -c 'stat -c "%A %u:%g %t,%T" /dev/fuse; exec 3<>/dev/fuse && echo opened'
quick --device /dev/loop0:/dev/disk:r busybox sh -c 'stat -c "%F %t,%T" /dev/disk; : >/dev/disk'
quick --device /dev/nothing busybox true
quick busybox sh -c 'mknod /x b 254 32 && cat /x'
END
scenario "--device-cgroup-rule" 'Operation not permitted' <<'END'
quick --device-cgroup-rule 'c 10:229 rwm' busybox sh -c 'mknod /x c 10 229 && exec 3<>/x && echo opened'
quick busybox sh -c 'mknod /x c 10 229 && exec 3<>/x'
END
scenario "update" '^memory.max 50331648$' limits <<'END'
sleeper --memory 64m --memory-swap 128m --cpus 1
docker update --memory 48m --memory-swap 96m --cpus 0.5 --pids-limit 33 --cpuset-cpus 0 --cpu-shares 100 box
docker exec box sh -c 'cd /sys/fs/cgroup; for file in memory.max memory.swap.max cpu.max pids.max cpuset.cpus cpu.weight; do echo $file $(cat $file); done'
docker update --memory 1k box
gone
END
scenario "stats" '32MiB' limits <<'END'
sleeper --memory 32m
docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.NetIO}} {{.MemUsage}}' box | sed 's/ [0-9.]*[kKM]iB / USED /'
docker stats --no-stream --format json box | jq -c 'keys'
gone
END
