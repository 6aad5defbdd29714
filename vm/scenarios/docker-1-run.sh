# shellcheck shell=bash disable=SC2016
# Programs: how they are started and how they end, what they see, what they may.

scenario "a program's output" '^1 hello$' <<'END'
quick busybox sh -c 'echo $$ hello; echo error >&2'
END
scenario "exit code" '^\[7\]$' <<'END'
quick busybox sh -c 'exit 7'
END
scenario "killed by a signal" '^\[137\]$' <<'END'
quick busybox sh -c 'sh -c "kill -KILL \$\$"; exit $?'
END
scenario "command not found: 127" '^\[127\]$' <<'END'
quick busybox nothing-of-that-name
quick busybox /nothing/of/that/name
END
scenario "permission denied: 126" '^\[126\]$' <<'END'
quick busybox /etc/passwd
END
scenario "is a directory: 126" '^\[126\]$' <<'END'
quick busybox /etc
END
scenario "docker's own refusal: 125" '^\[125\]$' <<'END'
quick --memory 1k busybox true
END
scenario "--entrypoint" '^here$' <<'END'
quick --entrypoint /bin/echo busybox here
END
scenario "stdin" '^typed$' <<'END'
echo typed | quick --interactive busybox cat
END
scenario "a binary megabyte through stdin and stdout" '^\[0\]$' <<'END'
head -c 1000000 /dev/zero | tr '\0' '\377' | quick --interactive busybox cat | md5sum
END
scenario "--tty" '^/dev/pts/0$' <<'END'
quick --tty busybox sh -c 'tty; stat -L -c "%t:%T %a %u:%g" /dev/console /dev/pts/0; ls /dev/pts'
END
scenario "--interactive --tty, on a terminal" '50 132$' <<'END'
SHELL=/bin/bash script --quiet --return --command 'stty rows 50 cols 132; quick --interactive --tty busybox sh -c "sleep 1; stty size; exit 3"' /dev/null
END
scenario "mounts: where, how, and of which type" '^/sys ro,nosuid,nodev,noexec,relatime sysfs$' <<'END'
quick busybox awk '{ for (i = 7; $i != "-"; i++); print $5, $6, $(i + 1) }' /proc/self/mountinfo | masks --invert-match | sort
END
scenario "mounts: what hides and protects" '^/sys/firmware$' <<'END'
quick busybox awk '{ print $5 }' /proc/self/mountinfo | masks | sort
END
scenario "a process's status" '^Seccomp:.2$' <<'END'
quick busybox sh -c 'grep -vE "^(Vm|Rss|Huge|volun|nonvol|Pid|NSpid|Speculation|x86|Mems|Cpus|SigQ|FDSize)" /proc/self/status'
END
scenario "limits of a process" 'Max open files' <<'END'
quick busybox cat /proc/self/limits /proc/self/oom_score_adj
END
scenario "environment" '^HOME=/root$' <<'END'
quick --env A=1 --env B busybox env
END
scenario "descriptors" '^0$' <<'END'
quick busybox ls /proc/self/fd
END
scenario "/dev" 'crw-rw-rw-.* 1, *3 null' <<'END'
quick busybox sh -c 'cd /dev; stat -c "%A %u:%g %t,%T %N" * pts/ptmx | sed "s/pipe:.*/pipe/"; ls -l null'
END
scenario "masked and read-only paths" 'Read-only file system' <<'END'
quick busybox sh -c 'wc -c /proc/kcore /proc/keys; ls /proc/acpi /sys/firmware /proc/scsi; echo 1 >/proc/sys/kernel/panic; echo b >/proc/sysrq-trigger'
END
scenario "session keyring" '^\[0\]$' <<'END'
quick busybox sh -c 'wc -l </proc/keys; cat /proc/key-users | wc -l'
END
scenario "cgroup seen from inside" '^0::/$' <<'END'
quick busybox sh -c 'cat /proc/self/cgroup; ls /sys/fs/cgroup | sort | head -n 40; echo 1 >/sys/fs/cgroup/pids.max'
quick --cgroupns host busybox sh -c 'sed "s/[0-9a-f]\{64\}/ID/" /proc/self/cgroup'
END
scenario "--cgroup-parent" 'above' <<'END'
quick --cgroup-parent above.slice --cgroupns host busybox cat /proc/self/cgroup
END
scenario "--user" '^uid=1000' <<'END'
quick --user 1000 busybox id
quick --user 1000:1000 --group-add 50 --group-add 4000 busybox id
quick --user 1000 busybox sh -c 'grep Cap /proc/self/status; echo $HOME; pwd; ls -ln /proc/self/fd/1 | wc -l'
quick --user nobody-of-that-name busybox id
END
scenario "--workdir" '^/tmp/new/place$' <<'END'
quick --workdir /tmp/new/place busybox sh -c 'pwd; stat -c "%a %u:%g" .'
quick --workdir /etc/passwd busybox pwd
END
scenario "--hostname, --domainname, --uts host" '^inside$' <<'END'
quick --hostname inside --domainname example.org busybox sh -c 'hostname; hostname -d; cat /proc/sys/kernel/domainname'
quick --uts host busybox hostname
END
scenario "--init" '^docker-init$' <<'END'
quick --init busybox cat /proc/1/comm
quick --init busybox sh -c 'sh -c "sleep 0.1 & exit 3"; echo $?; sleep 0.5; ps -o stat | grep -c Z'
END
scenario "--privileged" '^CapEff:.000001ff' <<'END'
quick --privileged busybox sh -c 'grep -E "Cap|Secc|NoNew" /proc/self/status; mkdir /m && mount -t tmpfs m /m && echo mounted; test -b /dev/loop0 && echo disk; echo 50 >/sys/fs/cgroup/cgroup.max.depth && echo written'
END
scenario "--cap-add, --cap-drop" '^CapEff:.0000000000000000$' <<'END'
quick --cap-drop ALL busybox grep Cap /proc/self/status
quick --cap-drop ALL --cap-add CHOWN busybox sh -c 'grep Cap /proc/self/status; touch /x; chown 1:1 /x && echo changed'
quick --cap-add NET_ADMIN busybox sh -c 'grep Cap /proc/self/status; ip link set lo mtu 1400 && echo changed'
quick --cap-add SYS_TIME --user 1000 busybox grep Cap /proc/self/status
quick --cap-add NOTHING busybox true
END
scenario "seccomp" 'Operation not permitted' <<'END'
quick busybox unshare -m true
quick --security-opt seccomp=unconfined busybox grep Seccomp: /proc/self/status
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}' >profile.json
quick --security-opt seccomp=profile.json busybox mkdir /x
END
scenario "seccomp: a profile that kills" '^\[159\]$' <<'END'
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}' >kill.json
quick --security-opt seccomp=kill.json busybox mkdir /x
END
scenario "no-new-privileges" '^NoNewPrivs:.1$' <<'END'
quick --security-opt no-new-privileges busybox grep NoNewPrivs /proc/self/status
END
scenario "AppArmor" '^docker-default \(enforce\)$' AppArmor <<'END'
quick busybox cat /proc/self/attr/current
quick --security-opt apparmor=unconfined busybox cat /proc/self/attr/current
quick --security-opt apparmor=no-such-profile busybox true 2>&1 | words
END
scenario "--security-opt systempaths=unconfined" '^writable$' <<'END'
quick --security-opt systempaths=unconfined busybox sh -c 'mount | grep -c "/proc/"; test -w /proc/sys/kernel/panic && echo writable'
END
