# shellcheck shell=bash disable=SC2016
# What ctr can ask of a runtime.

scenario "a program's output" '^1 hello$' <<'END'
quick 'echo $$ hello; echo error >&2; exit 7'
END
scenario "what can't be started" 'not found in \$path' <<'END'
ctr_run --rm "$image" box nothing-of-that-name 2>&1 | words
ctr_run --rm "$image" box /etc/passwd 2>&1 | words
ctr_run --rm --cwd /etc/passwd "$image" box pwd 2>&1 | words
ctr tasks list | grep -c box; ctr containers list | grep -c box; ctr containers delete box 2>/dev/null; ctr snapshots list | grep -c box
END
scenario "what a process is" '^Seccomp:.0$' <<'END'
quick 'grep -vE "^(Vm|Rss|Huge|volun|nonvol|Pid|Tgid|NS|SigQ|Speculation|x86|Mems|Cpus)" /proc/self/status; cat /proc/self/limits; ls /proc/self/fd; hostname | wc -c; env | grep -v HOSTNAME | sort; ls /dev | grep -v core'
END
scenario "--env, --cwd, --user" '^uid=1000' <<'END'
quick --env A=1 --env B=2 --cwd /tmp --user 1000:2000 'id; pwd; echo $A $B; grep Cap /proc/self/status'
END
scenario "--tty" '^/dev/pts/0$' <<'END'
terminal ctr run --runc-binary "${paths[$runtime]}" --rm --tty "$image" box sh -c 'sleep 1; tty; stty size; sleep 1; exit 3'
END
scenario "--detach, ps, kill, delete" '^RUNNING$' <<'END'
sleeper --pid-file pid; status; test "$(<pid)" = "$(ctr tasks list | awk '$1 == "box" { print $2 }')" && echo the same pid
ctr tasks ps box | wc -l; cat "/proc/$(<pid)/comm"
ctr tasks kill --signal TERM box; ctr tasks kill --signal KILL box; until_stopped; status; ctr tasks delete box; ctr containers delete box
END
scenario "exec" '^beside sleep$' <<'END'
sleeper --env A=1
inside box sh -c 'echo beside $(cat /proc/1/comm); echo $A; pwd; exit 3'
inside --user 1000 --cwd /tmp box sh -c 'id; pwd; grep -E "Cap|NoNew" /proc/self/status'
echo typed | inside box cat
inside box nothing-of-that-name 2>&1 | words
terminal ctr tasks exec --exec-id terminal --tty box sh -c 'tty; sleep 1; exit 4'
gone
END
scenario "pause and resume" '^PAUSED$' <<'END'
sleeper; ctr tasks pause box; status; ctr tasks pause box >/dev/null 2>&1; timeout 5 ctr tasks exec --exec-id paused box true >/dev/null 2>&1; ctr tasks resume box; status; inside box echo again; gone
END
scenario "task delete --force" '^gone$' <<'END'
sleeper; ctr tasks delete box >/dev/null 2>&1; status; ctr tasks delete --force box >/dev/null; status; ctr containers delete box && echo gone
END
scenario "metrics" '^pids.current 1 $' <<'END'
sleeper; ctr tasks metrics box | grep -E '^(pids.current|pids.limit|cpu.usage_usec|memory.usage) ' | tr -s ' ' | sed -E 's/(usec|usage) +[1-9][0-9]*/\1 some/'; ctr tasks metrics --format json box | jq 'keys'; gone
END
scenario "--memory-limit, --cpus, --cpu-shares, --cpu-quota" '^memory.max 67108864$' <<'END'
files() { sleeper "$@"; for file in memory.max cpu.max cpu.weight; do echo $file $(value default/box $file); done; gone; }
files --memory-limit 67108864 --cpus 1.5
files --cpu-quota 25000 --cpu-period 50000 --cpu-shares 512
quick --memory-limit 33554432 'dd if=/dev/urandom of=/dev/null bs=64M count=1; echo $?'
END
scenario "a cgroup of its own, and systemd's" '^0::/above/box$' <<'END'
sleeper --cgroup /above/box --pid-file pid; cat "/proc/$(<pid)/cgroup"; gone; rmdir /sys/fs/cgroup/above
ctr_run --detach --runc-systemd-cgroup --cgroup above.slice:box:one --pid-file pid "$image" box sleep 600; cat "/proc/$(<pid)/cgroup"; gone
END
scenario "--rootfs, and a program without PATH" '^found$' <<'END'
ctr_run --rm --rootfs --read-only /vm/rootfs box sh -c 'echo found' 2>&1 | grep -oE 'found$|not found in \$PATH'
END
scenario "--rootfs" '^2$' <<'END'
mkdir -p root; mount --bind /vm/rootfs root; mount -o remount,bind,ro root
ctr_run --rm --rootfs --read-only "$work/root" box /bin/sh -c 'wc -l </etc/passwd; touch /x; cut -d " " -f 5-6 /proc/self/mountinfo | head -n 1'
umount root
END
scenario "--mount" '^from the host$' <<'END'
mkdir -p data; echo from the host >data/file
quick --mount type=bind,src="$work/data",dst=/data,options=rbind:ro --mount type=tmpfs,src=tmpfs,dst=/t,options=size=1m:mode=700 'cat /data/file; touch /data/x; grep -E " (/data|/t) " /proc/self/mountinfo | cut -d " " -f 5-6; stat -c %a /t'
END
scenario "--privileged" 'CapEff:.000001ff' <<'END'
quick --privileged --allow-new-privs 'grep -E "Cap|Secc|NoNew" /proc/self/status; mount -t tmpfs x /tmp && echo mounted; echo 0 >/proc/sys/kernel/printk_delay && echo written'
END
scenario "--net-host" 'cni0|eth0|lo' <<'END'
quick --net-host 'ls /sys/class/net; readlink /proc/self/ns/net' | sed "s/$(readlink /proc/self/ns/net)/the host's/"
END
scenario "--seccomp, --cap-add, --cap-drop, --read-only" '^Seccomp:.2$' <<'END'
quick --seccomp 'grep Seccomp: /proc/self/status; unshare -m true'
quick --cap-add CAP_SYS_ADMIN --cap-drop CAP_CHOWN 'grep Cap /proc/self/status; mount -t tmpfs x /tmp && echo mounted; touch /x; chown 1:1 /x'
quick --read-only 'touch /x'
END
scenario "a checkpoint is refused" '^RUNNING$' <<'END'
sleeper; ctr tasks checkpoint box >out 2>&1; [ $? = 0 ] || echo refused; wc -l <out; status; gone; ctr images list --quiet | grep -c checkpoint
END
scenario "--with-ns: the host's processes" '^pid shared$' <<'END'
sleeper --with-ns pid:/proc/1/ns/pid --pid-file pid; [ "$(readlink /proc/1/ns/pid)" = "$(readlink /proc/$(<pid)/ns/pid)" ] && echo pid shared; ctr tasks kill --all --signal KILL box; until_stopped; status; gone 2>/dev/null
END
