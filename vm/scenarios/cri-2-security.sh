# shellcheck shell=bash disable=SC2016
# What a securityContext asks for.

scenario "runAsUser, runAsGroup, supplementalGroups" '^uid=1000.user. gid=2000 groups=2000,3000,4000$' <<'END'
once '.linux.security_context.run_as_user = {value: 1000}' sh -c 'id; grep Cap /proc/self/status; echo $HOME'
once '.linux.security_context += {run_as_user: {value: 1000}, run_as_group: {value: 2000}, supplemental_groups: [3000, 4000]}' id
once '.linux.security_context.run_as_username = "user"' sh -c 'id; echo $HOME; pwd'
END
scenario "privileged" 'CapEff:.000001ff' <<'END'
privileged_pod='.linux.security_context.privileged = true'
cd "$work"; pod "$privileged_pod"
run once '.linux.security_context = {privileged: true, namespace_options: {pid: "CONTAINER"}}' sh -c 'exec 2>&1; grep -E "Cap|Secc|NoNew" /proc/self/status; mkdir /m && mount -t tmpfs m /m && echo mounted; test -b /dev/vda && echo disk; echo 50 >/sys/fs/cgroup/pids.max && echo written; cat /proc/self/attr/current; mount | grep -E " /(proc|sys)[/ ]" | sed "s/.* on //"; sed "s/cri-containerd-.*//" /proc/self/cgroup'
ended; logs once; rmp
END
scenario "capabilities" '^CapEff:.0000000000000000$' <<'END'
once '.linux.security_context.capabilities = {drop_capabilities: ["ALL"]}' grep Cap /proc/self/status
once '.linux.security_context.capabilities = {drop_capabilities: ["ALL"], add_capabilities: ["NET_BIND_SERVICE"]}' grep Cap /proc/self/status
once '.linux.security_context.capabilities = {add_capabilities: ["SYS_TIME", "NET_ADMIN"]}' sh -c 'grep Cap /proc/self/status; ip link set lo mtu 1400 && echo changed'
once '.linux.security_context.capabilities = {add_capabilities: ["ALL"]}' grep Cap /proc/self/status
once '.linux.security_context += {run_as_user: {value: 1000}, capabilities: {add_capabilities: ["NET_ADMIN"], add_ambient_capabilities: ["NET_ADMIN"]}}' grep Cap /proc/self/status
END
scenario "readOnlyRootFilesystem" 'Read-only file system' <<'END'
once '.linux.security_context.readonly_rootfs = true' sh -c 'exec 2>&1; touch /x; touch /dev/shm/x && echo shm'
END
scenario "allowPrivilegeEscalation: false" '^NoNewPrivs:.1$' <<'END'
once '.linux.security_context.no_new_privs = true' grep NoNewPrivs /proc/self/status
END
scenario "seccomp: RuntimeDefault, Unconfined" '^Seccomp:.2$' <<'END'
once '.linux.security_context.seccomp.profile_type = "RuntimeDefault"' sh -c 'exec 2>&1; grep Seccomp: /proc/self/status; unshare -m true'
once '.linux.security_context.seccomp.profile_type = "Unconfined"' sh -c 'grep Seccomp: /proc/self/status'
END
scenario "seccomp: Localhost" '^Error 159' <<'END'
in_standing_pod
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}' >refuse.json
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}' >kill.json
for profile in refuse kill missing; do once ".linux.security_context.seccomp = {profile_type: \"Localhost\", localhost_ref: \"$PWD/$profile.json\"}" mkdir /x; done 2>&1 | sed "s#/run/[^ ]*\.pod#DIR#g"
END
scenario "AppArmor" '^cri-containerd.apparmor.d \(enforce\)$' <<'END'
once . cat /proc/self/attr/current
once '.linux.security_context.apparmor = {profile_type: "Unconfined"}' cat /proc/self/attr/current
once '.linux.security_context.apparmor = {profile_type: "Localhost", localhost_ref: "no-such-profile"}' true 2>&1 | words
END
scenario "procMount: masked and read-only paths" '^written$' <<'END'
once . sh -c 'exec 2>&1; wc -c /proc/kcore /proc/keys; ls /proc/acpi /sys/firmware /proc/scsi; echo 1 >/proc/sys/kernel/panic; echo b >/proc/sysrq-trigger'
once '.linux.security_context += {masked_paths: [], readonly_paths: [], apparmor: {profile_type: "Unconfined"}}' sh -c 'mount | grep -c "/proc/"; echo 4096 >/proc/sys/kernel/shmmni && echo written'
once '.linux.security_context += {masked_paths: ["/etc/passwd", "/tmp", "/no/such"], readonly_paths: ["/root", "/no/such"]}' sh -c 'exec 2>&1; cat /etc/passwd; ls -A /tmp; touch /root/x'
END
scenario "sysctls" '^stdout F 1024$' <<'END'
cd "$work"; pod '.linux.sysctls = {"net.ipv4.ip_local_port_range": "10000 20000", "kernel.shm_rmid_forced": "1", "net.core.somaxconn": "1024", "fs.mqueue.msg_max": "20"}'
run once . sh -c 'cd /proc/sys; cat net/ipv4/ip_local_port_range kernel/shm_rmid_forced net/core/somaxconn fs/mqueue/msg_max'
ended; logs once; rmp
pod '.linux.sysctls = {"kernel.panic": "1"}' 2>/dev/null
pod '.linux.sysctls = {"net.no.such": "1"}' 2>/dev/null
END
