# shellcheck shell=bash disable=SC2016
# As root.

kube_of_two() {
    cat <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: kube}
spec:
  hostNetwork: true
  containers:
  - name: one
    image: localhost/busybox
    imagePullPolicy: Never
    command: [sh, -c, "echo from one; sleep 600"]
    resources: {limits: {memory: 64Mi}}
  - {name: two, image: localhost/busybox, imagePullPolicy: Never, command: [sleep, "600"]}
YAML
}
quadlet_of_box() {
    printf '%s\n' '[Container]' Image=localhost/busybox 'Exec=sleep 600' Network=none ContainerName=box "GlobalArgs=--runtime ${paths[$runtime]}" \
        StopTimeout=1
}

scenario "info" '^RUNTIME$' <<'END'
podman info --format '{{.Host.OCIRuntime.Path}}'
podman info --format '{{.Host.OCIRuntime.Name}}' | sed 's/^\(runc\|crun\|rt\)$/RUNTIME/'
podman info --format '{{.Host.OCIRuntime.Version}}' | sed -En '1s/^(runc|crun|rt) version .*/RUNTIME/p; 1s/^(runc|crun|rt) [0-9].*/RUNTIME/p'
END
scenario "a program's output and exit code" '^1 hello$' <<'END'
quick busybox sh -c 'echo $$ hello; echo error >&2; exit 7'
END
scenario "command not found: 127" '^\[127\]$' <<'END'
quick busybox nothing-of-that-name
quick busybox /nothing/of/that/name
END
scenario "permission denied, is a directory: 126" '^\[126\]$' <<'END'
quick busybox /etc/passwd
quick busybox /etc
END
scenario "podman's own refusal: 125" '^\[125\]$' <<'END'
quick --memory nonsense busybox true
END
scenario "stdin, --tty" '^/dev/pts/0$' <<'END'
echo typed | quick --interactive busybox cat
quick --tty busybox sh -c 'tty; stat -c "%t:%T %a %u:%g" /dev/console; ls /dev/pts'
script --quiet --return --command "stty rows 50 cols 132; podman --runtime ${paths[$runtime]} --cgroup-manager $manager run --rm --network none --interactive --tty busybox sh -c 'sleep 1; stty size; exit 3'" /dev/null
END
scenario "mounts: where, how, and of which type" '^/sys ro,nosuid,nodev,noexec,relatime sysfs$' <<'END'
quick busybox awk '{ for (i = 7; $i != "-"; i++); print $5, $6, $(i + 1) }' /proc/self/mountinfo | masks --invert-match | sort
END
scenario "mounts: what hides and protects" '^/sys/firmware$' <<'END'
quick busybox awk '{ print $5 }' /proc/self/mountinfo | masks | sort
END
scenario "/dev" '1, *3 null' <<'END'
quick busybox sh -c 'cd /dev; stat -c "%A %u:%g %t,%T %N" * pts/ptmx | sed "s/pipe:.*/pipe/"; ls -l null'
END
scenario "cgroup" '^0::/$' <<'END'
quick busybox sh -c 'cat /proc/self/cgroup; ls /sys/fs/cgroup | sort'
quick --cgroupns host busybox cat /proc/self/cgroup
END
scenario "--cgroups disabled" '^0::' <<'END'
quick --cgroups disabled --cgroupns host busybox cat /proc/self/cgroup
END
scenario "--cgroups split" '^\[0\]$' systemd <<'END'
quick --cgroups split busybox true
END
scenario "--cgroup-parent" 'above' systemd <<'END'
quick --cgroup-parent above.slice --cgroupns host busybox cat /proc/self/cgroup
END
scenario "limits" '^memory.max 67108864$' limits <<'END'
quick --memory 64m --memory-swap 96m --cpus 1.5 --pids-limit 20 --cpuset-cpus 1 busybox sh -c 'cd /sys/fs/cgroup; for file in memory.max memory.swap.max cpu.max pids.max cpuset.cpus; do echo $file $(cat $file); done'
quick --cgroup-conf memory.high=33554432 --cgroup-conf memory.oom.group=1 busybox cat /sys/fs/cgroup/memory.high /sys/fs/cgroup/memory.oom.group
quick --cgroup-conf memory.nothing=1 busybox true 2>&1 | words
END
scenario "limits, by cgroupfs" '^memory.max 67108864$' limits <<'END'
manager=cgroupfs
quick --memory 64m --cpus 1.5 --pids-limit 20 busybox sh -c 'cd /sys/fs/cgroup; for file in memory.max cpu.max pids.max; do echo $file $(cat $file); done'
quick --cgroup-parent /above/it --cgroupns host busybox cat /proc/self/cgroup; rmdir /sys/fs/cgroup/above/it /sys/fs/cgroup/above
END
scenario "beyond --memory" '^true 137$' limits <<'END'
podman run --name box --network none --memory 32m --memory-swap 32m busybox dd if=/dev/urandom of=/dev/null bs=64M count=1
podman inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' box
gone
END
scenario "--user, --cap-add, --cap-drop, --privileged" '^CapEff:.000001ff' <<'END'
quick --user 1000:1000 --group-add 50 busybox sh -c 'id; grep Cap /proc/self/status'
quick --cap-drop ALL --cap-add CHOWN,NET_ADMIN busybox grep Cap /proc/self/status
quick --privileged busybox sh -c 'grep -E "Cap|Secc|NoNew" /proc/self/status; mkdir /m && mount -t tmpfs m /m && echo mounted'
END
scenario "seccomp, no-new-privileges, AppArmor, masks" '^NoNewPrivs:.1$' <<'END'
quick busybox unshare -m true
quick --security-opt no-new-privileges busybox grep -E 'NoNewPrivs|Seccomp:' /proc/self/status
quick busybox cat /proc/self/attr/current
quick --security-opt unmask=ALL busybox sh -c 'mount | grep -c "/proc/"'
quick --security-opt mask=/proc/cpuinfo busybox cat /proc/cpuinfo
END
scenario "--init, --read-only, --tmpfs, --shm-size, --sysctl" '^77$' <<'END'
quick --init busybox ps -o args
quick --read-only busybox sh -c 'touch /x; touch /tmp/x /run/x && echo both'
quick --tmpfs /t:size=1m,mode=1770 --shm-size 4m busybox sh -c 'mount | grep -E " /t |/dev/shm"'
quick --sysctl net.ipv4.ip_default_ttl=77 busybox cat /proc/sys/net/ipv4/ip_default_ttl
quick --sysctl kernel.nothing=1 busybox true
END
scenario "--device, --ulimit, --oom-score-adj, --hostname" 'opened' <<'END'
quick --device /dev/fuse busybox sh -c 'exec 3<>/dev/fuse && echo opened'
quick --ulimit nofile=100:200 busybox sh -c 'ulimit -n; ulimit -Hn'
quick --oom-score-adj 321 busybox cat /proc/self/oom_score_adj
quick --hostname inside busybox hostname
END
scenario "volumes" 'Read-only file system' <<'END'
mkdir -p shared && echo content >shared/file
quick --volume "$PWD/shared:/shared:ro" busybox sh -c 'cat /shared/file; touch /shared/x'
quick --volume data:/data busybox sh -c 'echo kept >/data/file; stat -c "%a %u:%g" /data'
quick --volume data:/data:O busybox sh -c 'cat /data/file; echo x >>/data/file'
quick --volume "$PWD/nothing:/x" busybox true
quick --mount "type=bind,source=$PWD/shared,target=/s,bind-propagation=rshared,ro" busybox sh -c 'grep " /s " /proc/self/mountinfo | grep -o "shared:" ; touch /s/x'
podman volume rm data; rm -r shared
END
scenario "idmapped volumes" '^0 0$' <<'END'
mkdir shared && touch shared/roots
quick --userns auto:size=65536 --volume "$PWD/shared:/s:idmap" busybox sh -c 'stat -c "%u %g" /s/roots; touch /s/new && stat -c "%u %g" /s/new'
stat -c '%u %g' shared/new; rm -r shared
END
scenario "--userns auto, keep-id, nomap" '^0 ' <<'END'
quick --userns auto:size=5000 busybox sh -c 'tr -s " " </proc/self/uid_map | sed "s/^ //; s/ [0-9]* / HOST /"; id -u; touch /x'
quick --userns nomap busybox true
quick --uidmap 0:300000:1000 --gidmap 0:300000:1000 --tty busybox sh -c 'cat /proc/self/uid_map; tty; ls -ln /dev/console | cut -c 1-30'
END
scenario "namespaces of the host and of others" '^of box$' <<'END'
sleeper --ipc shareable
quick --pid container:box busybox sh -c 'cat /proc/1/comm; readlink /proc/self/ns/pid' | whose pid
quick --ipc container:box --uts host busybox sh -c 'hostname; readlink /proc/self/ns/ipc' | whose ipc
quick --ipc host --uts container:box busybox readlink /proc/self/ns/ipc | whose ipc
podman run --rm --network container:box busybox readlink /proc/self/ns/net | whose net
quick --pid host busybox readlink /proc/self/ns/pid | whose pid
podman run --rm --network host busybox readlink /proc/self/ns/net | whose net
gone
END
scenario "network" '^eth0$' <<'END'
podman run --rm busybox sh -c 'ls /sys/class/net; ping -c 1 -q 10.88.0.1 | grep loss'
END
scenario "pods" '^the same$' <<'END'
podman pod create --name pod --share net,ipc,uts,pid --infra-image busybox --infra-command 'sleep 600' --network none >/dev/null
podman run --detach --pod pod --name one busybox sleep 600 >/dev/null
podman exec one sh -c 'echo the same >/dev/shm/file'
podman run --rm --pod pod busybox sh -c 'cat /dev/shm/file; ps -o comm | grep -c sleep'
[ "$(podman exec one readlink /proc/1/ns/net)" = "$(podman run --rm --pod pod busybox readlink /proc/self/ns/net)" ] && echo and one network
podman pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}'
podman pod rm --force --time 0 pod >/dev/null
END
scenario "exec" '^root beside sleep$' <<'END'
sleeper --env A=1
podman exec box sh -c 'echo $(id -un) beside $(cat /proc/1/comm); echo $A $HOME; pwd; exit 3'
podman exec --user 1000:1000 --workdir /tmp --env B=2 box sh -c 'id; pwd; echo $A $B $HOME; grep Cap /proc/self/status'
echo typed | podman exec --interactive box cat
podman exec --tty box tty
podman exec --privileged box grep CapEff /proc/self/status
podman exec box sh -c 'ls /proc/self/fd; cat /proc/self/cgroup'
gone
END
scenario "exec: what can't be started" '^\[127\]$' <<'END'
sleeper
podman exec box nothing-of-that-name
podman exec box /etc/passwd
podman exec box /etc
podman exec --workdir /nothing box pwd 2>&1 | words
podman exec --user nobody-of-that-name box id
podman kill box; podman wait box; podman exec box true
gone; podman exec box true
END
scenario "stop, kill, wait" '^exited 9$' <<'END'
podman run --detach --network none --name box busybox sh -c 'trap "exit 9" TERM; while :; do sleep 0.1; done' >/dev/null
sleep 1; podman stop --time 20 box; podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' box; gone
sleeper; podman stop --time 1 box; podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' box; gone
sleeper; podman kill --signal KILL box; podman wait box; gone
END
scenario "pause, unpause" '^frozen 1$' <<'END'
sleeper
podman pause box; podman inspect --format '{{.State.Status}}' box; frozen; podman exec box true
podman unpause box; frozen; podman exec box echo again
podman pause box; gone
END
scenario "update" '^50331648$' limits <<'END'
sleeper --memory 64m
podman update --memory 48m --cpus 0.5 --pids-limit 33 box
podman exec box cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /sys/fs/cgroup/pids.max
gone
END
scenario "top, stats, logs, cp, diff" '^box 1$' limits <<'END'
podman run --detach --network none --name box busybox sh -c 'echo logged; exec sleep 600' >/dev/null
podman top box args; podman stats --no-stream --format '{{.Name}} {{.PIDs}}' box; podman logs box
echo there >file; podman cp file box:/tmp/file; podman exec box cat /tmp/file; rm file
podman diff box | grep -c /tmp/file
gone
END
scenario "health checks" '^healthy$' <<'END'
sleeper --health-cmd 'test -e /tmp/well' --health-interval disable --health-retries 1
podman healthcheck run box; podman exec box touch /tmp/well; podman healthcheck run box
podman inspect --format '{{.State.Health.Status}}' box; gone
END
scenario "--restart on-failure" '^2 3$' <<'END'
podman run --detach --network none --name box --restart on-failure:2 busybox sh -c 'exit 3' >/dev/null
for i in {1..100}; do [ "$(podman inspect --format '{{.RestartCount}} {{.State.Status}}' box)" != "2 exited" ] || break; sleep 0.2; done
podman inspect --format '{{.RestartCount}} {{.State.ExitCode}}' box; gone
END
scenario "attach" '^got hello' <<'END'
podman run --detach --interactive --network none --name box busybox sh -c 'read line; echo got $line; exit 3' >/dev/null
echo hello | podman attach box
podman wait box; gone
END
scenario "a program that is killed from outside" '^137$' <<'END'
sleeper
pid=$(podman inspect --format '{{.State.Pid}}' box); [ "$pid" -gt 1 ] && kill -KILL "$pid"; podman wait box
gone
END
scenario "sd_notify" '^\[0\]$' <<'END'
podman run --rm --network none --sdnotify container --name box --env NOTIFY_SOCKET busybox sh -c 'echo "${NOTIFY_SOCKET:+a socket}"'
END
scenario "play kube" '^from one$' limits <<'END'
kube_of_two >kube.yaml
podman kube play --quiet kube.yaml >/dev/null; podman logs kube-one; podman exec kube-one cat /sys/fs/cgroup/memory.max; podman ps --format '{{.Names}}' | grep -v infra | sort
podman kube down --force kube.yaml 2>&1 >/dev/null | sed 's/.*msg=//' | sort
END
scenario "generate systemd" '^active$' systemd <<'END'
sleeper; podman generate systemd --new --name --stop-timeout 1 box 2>/dev/null >/run/systemd/system/container-box.service; gone
systemctl daemon-reload; systemctl start container-box; systemctl is-active container-box; podman exec box cat /proc/1/comm
systemctl stop container-box; systemctl is-failed container-box; podman ps --all --quiet | wc -l; rm /run/systemd/system/container-box.service; systemctl daemon-reload; systemctl reset-failed
END
scenario "quadlet" '^active$' systemd <<'END'
mkdir -p /run/containers/systemd; quadlet_of_box >/run/containers/systemd/quad.container
systemctl daemon-reload; systemctl start quad; systemctl is-active quad; podman exec box cat /proc/1/comm
systemctl stop quad; rm /run/containers/systemd/quad.container; systemctl daemon-reload; systemctl reset-failed
END
scenario "buildah bud" '^1 built$' capabilities <<'END'
mkdir -p context; printf 'FROM localhost/busybox\nRUN echo $$ built >/built\nUSER 1000\nRUN id -u && cat /built\nCMD ["cat", "/built"]\n' >context/Containerfile
buildah bud --quiet --runtime "${paths[$runtime]}" --network none --isolation oci --tag built context >/dev/null
quick built; podman rmi built | grep -c Untagged
printf 'FROM localhost/busybox\nRUN exit 3\n' >context/Containerfile; buildah bud --runtime "${paths[$runtime]}" --network none --isolation oci context 2>&1 | tail -n 1
END
scenario "play kube and buildah, by cgroupfs" '^1 built$' limits <<'END'
manager=cgroupfs
kube_of_two >kube.yaml; podman kube play --quiet kube.yaml >/dev/null; podman exec kube-one sh -c 'cat /sys/fs/cgroup/memory.max'
podman kube down --force kube.yaml 2>&1 >/dev/null | sed 's/.*msg=//' | sort; rmdir /sys/fs/cgroup/libpod_parent/* 2>/dev/null
mkdir -p context; printf 'FROM localhost/busybox\nRUN echo $$ built >/built\nRUN cat /built\n' >context/Containerfile
buildah --cgroup-manager cgroupfs bud --runtime "${paths[$runtime]}" --network none --isolation oci --tag built context 2>&1 | grep built$; podman rmi built | grep -c Untagged
END
scenario "buildah run" '^inside$' capabilities <<'END'
made=$(buildah from --pull-never localhost/busybox); buildah run --runtime "${paths[$runtime]}" --isolation oci --network none "$made" sh -c 'echo inside; exit 4'
buildah rm $(buildah containers --quiet) >/dev/null
END
scenario "--runtime-flag" 'rt|runc|crun|^\[0\]$' <<'END'
podman --runtime-flag log=$work/runtime.log --runtime-flag debug run --rm --network none busybox true
test -s $work/runtime.log; rm $work/runtime.log
END
scenario "rm --force, of one that runs; names that are taken" '^\[125\]$' <<'END'
sleeper
podman run --name box --network none busybox true
gone
podman start box; podman rm box
END
