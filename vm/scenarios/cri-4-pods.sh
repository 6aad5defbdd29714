# shellcheck shell=bash disable=SC2016
# What the containers of a pod share, with each other and with the host.

namespaces() { for kind in cgroup ipc mnt net pid user uts; do echo "$kind $(same "$kind" "$1" "$2")"; done; } # of two containers
pid_of() { cri call ContainerStatus "{\"container_id\": \"$1\", \"verbose\": true}" | jq '.info.info | fromjson.pid'; }
same() { # kind pid pid
    [[ $(readlink "/proc/$2/ns/$1") == "$(readlink "/proc/$3/ns/$1")" ]] && echo shared || echo own
}

scenario "two containers: network, ipc and host name are shared" '^net shared$' <<'END'
in_standing_pod
run server . sh -c 'ipcmk -S 5 >/dev/null; echo shared >/dev/shm/x; while :; do echo from localhost | nc -l -p 80; done'; server=$container
run client . sleep 600
sleep 0.5; cri execsync "$container" sh -c 'nc 127.0.0.1 80; cat /dev/shm/x; hostname; ps -o pid,args | grep -c "[n]c -l"; ip link | grep -c eth0'
namespaces "$(pid_of "$server")" "$(pid_of "$container")"
cri execsync "$server" rm /dev/shm/x
rm_container; container=$server rm_container
END
scenario "shareProcessNamespace" '^1 catatonit$' <<'END'
cd "$work"; shared='.linux.security_context.namespace_options.pid = "POD"'
pod "$shared"
run one "$shared" sleep 600; one=$container
run two "$shared" sh -c '(sleep 0.2 & exec true); sleep 600'
sleep 0.5; cri execsync "$container" sh -c 'echo 1 $(cat /proc/1/comm); ps -o comm | sort | grep -E "sleep|catatonit"; ls -l /proc/1/root/ >/dev/null && echo root'
namespaces "$(pid_of "$one")" "$(pid_of "$container")"
stop 0; status '{state, exitCode, reason}'; rmp
END
scenario "a container that joins another's processes" '^sleep 601 $' <<'END'
in_standing_pod; run target . sleep 601; target=$container
run debugger ".linux.security_context.namespace_options = {pid: \"TARGET\", target_id: \"$target\"} | .linux.security_context.capabilities.add_capabilities = [\"SYS_PTRACE\"]" sleep 602
cri execsync "$container" sh -c 'tr "\0" " " </proc/1/cmdline; echo; cat /proc/1/root/etc/passwd | wc -l'
namespaces "$(pid_of "$target")" "$(pid_of "$container")"
container=$target stop 0; ended; container=$target rm_container; rm_container
END
scenario "host network, pid and ipc" '^net shared$' <<'END'
cd "$work"; host='.linux.security_context.namespace_options = {network: "NODE", pid: "NODE", ipc: "NODE"}'
pod "$host | del(.hostname)"
run once "$host" sleep 600
namespaces 1 "$(pid_of "$container")"
cri execsync "$container" sh -c 'ip link | grep -c cni0; hostname; touch /proc/sys/net/ipv4/ip_forward; ls /sys/class/net | grep cni0; mount | grep -E " /sys " | grep -o "(r[ow]"'
rmp
END
((version < 2)) || scenario "a pod in a user namespace" ' 0 1000000 65536$' <<'END'
cd "$work"; users='.linux.security_context.namespace_options.userns_options = {mode: "POD", uids: [{host_id: 1000000, container_id: 0, length: 65536}], gids: [{host_id: 1000000, container_id: 0, length: 65536}]}'
mkdir -p volume; touch volume/file; chown 0:0 volume/file
pod "$users"
run once "$users | .mounts = [{container_path: \"/data\", host_path: \"$PWD/volume\", uidMappings: [{host_id: 1000000, container_id: 0, length: 65536}], gidMappings: [{host_id: 1000000, container_id: 0, length: 65536}]}]" sh -c 'exec 2>&1; tr -s " " " " </proc/self/uid_map; id; stat -c "%u:%g %n" /data/file /etc/passwd /; touch /data/new /new; mount -t tmpfs x /tmp; grep Cap /proc/self/status; cat /proc/sys/user/max_user_namespaces >/dev/null; hostname x; stat -c "%a %u:%g %n" /dev/shm /dev/mqueue /dev/pts /dev/pts/ptmx; sleep 600'
sleep 1; logs once; stat -c '%u:%g %n' volume/*
namespaces 1 "$(pid_of "$container")"
cri execsync "$container" sh -c 'id -u; cat /proc/self/gid_map | tr -s " "; touch /x && stat -c %u /x'
rmp; rm -r volume
END
scenario "a pod that ends with running containers" '^gone$' <<'END'
cd "$work"; pod; run one . sleep 600; run two . sh -c 'trap "" TERM; sleep 600 & wait; wait'
rmp; cri call ContainerStatus "{\"container_id\": \"$container\"}" >/dev/null 2>&1 || echo gone
END
((version < 2)) || scenario "features of the runtime handlers" 'recursiveReadOnlyMounts' <<'END'
cri call Status | jq -c --arg name "$runtime" '.runtimeHandlers[]? | select(.name == $name) | .features'
END
scenario "a pod without systemd's cgroups" '^\[0\]$' <<'END'
cd "$work"; handler=${runtime}fs pod '.linux.cgroup_parent = "/kubepods-fs/pod1"'
run once '.linux.resources += {memory_limit_in_bytes: 67108864}' sleep 600
sed 's/[0-9a-f]\{64\}/ID/' "/proc/$(pid_of "$container")/cgroup"; cri execsync "$container" cat /sys/fs/cgroup/memory.max
rmp; rmdir /sys/fs/cgroup/kubepods-fs/pod1 /sys/fs/cgroup/kubepods-fs
END
