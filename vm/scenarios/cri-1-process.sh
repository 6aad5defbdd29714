# shellcheck shell=bash disable=SC2016
# One process in a container: how it is started and how it ends, what it sees.

scenario "output and exit code" '^Error 7 $' <<'END'
once . sh -c 'echo $$ hello; exit 7'
END
scenario "killed by a signal" '^Error 137 $' <<'END'
once . sh -c 'sh -c "kill -KILL \$\$"; exit $?'
END
scenario "what can't be started" '^starterror 128$' <<'END'
once . nothing-of-that-name 2>&1 | words
once . /nothing/of/that/name 2>&1 | words
once . /etc/passwd 2>&1 | words
once . /etc 2>&1 | words
once '.working_dir = "/etc/passwd"' pwd 2>&1 | words
once '.linux.security_context.run_as_username = "nobody-of-that-name"' id 2>&1 | words
END
scenario "environment and working directory" '^/tmp/new/place$' <<'END'
once '.working_dir = "/tmp/new/place" | .envs = [{key: "A", value: "1"}, {key: "B", value: "x=y z"}]' sh -c 'env | sort; pwd; stat -c "%a %u:%g" .'
END
scenario "hostname, hosts and resolv.conf" '^pod$' <<'END'
once . sh -c 'hostname; cat /proc/sys/kernel/hostname /etc/hostname; mount | grep -cE " /etc/(hosts|hostname|resolv.conf) "'
END
scenario "its mounts" '^/dev/shm rw' <<'END'
once . sh -c 'awk "\$5 !~ \"/(proc|sys)/.*\" { print \$5, \$6 }" /proc/self/mountinfo | sort'
END
scenario "/dev" 'crw-rw-rw-' <<'END'
once . sh -c 'cd /dev; stat -c "%A %u:%g %t,%T %N" * pts/ptmx | grep -v core | sed "s/pipe:.*/pipe/"; ls /proc/self/fd'
END
scenario "its status and limits" '^Seccomp:.0$' <<'END'
once . sh -c 'grep -vE "^(Vm|Rss|Huge|volun|nonvol|Pid|Tgid|NS|SigQ|Speculation|x86|Mems|Cpus)" /proc/self/status; cat /proc/self/limits /proc/self/oom_score_adj'
END
scenario "on a terminal" '^/dev/pts/0$' <<'END'
once '.tty = true' sh -c 'tty; stat -L -c "%t:%T %a %u:%g" /dev/console /dev/pts/0; ls /dev/pts; exit 3'
END
scenario "a termination message" '^done: all is well$' <<'END'
in_standing_pod; : >message
run end ".mounts = [{container_path: \"/dev/termination-log\", host_path: \"$PWD/message\"}]" sh -c 'echo done: all is well >/dev/termination-log; exit 1'
ended; cat message; rm_container
END
