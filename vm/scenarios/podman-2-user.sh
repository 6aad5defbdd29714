# shellcheck shell=bash disable=SC2016
# As an ordinary user.

# runc's, which says at times that it could not kill all processes of a container in a pod.
without_warning() { grep -v 'level=warning msg="failed to kill all processes' || true; }

scenario "user: output, exit codes" '^1 0$' systemd <<'END'
users_quick busybox sh -c 'echo $$ $(id -u); exit 7'
users_quick busybox nothing-of-that-name
users_quick busybox /etc
END
scenario "user: what a process has" '^Seccomp:.2$' systemd <<'END'
users_quick busybox sh -c 'cat /proc/self/uid_map; grep -E "^(Cap|NoNew|Seccomp|Groups)" /proc/self/status; cat /proc/self/limits | grep -v "Max proc"; ls /proc/self/fd; ls -ln /dev | cut -c 1-50'
END
scenario "user: mounts" '^/sys ro,nosuid,nodev,noexec,relatime sysfs$' systemd <<'END'
users_quick busybox awk '{ for (i = 7; $i != "-"; i++); print $5, $6, $(i + 1) }' /proc/self/mountinfo | masks --invert-match | sort
END
scenario "user: mounts that hide and protect" '^/sys/firmware$' systemd <<'END'
users_quick busybox awk '{ print $5 }' /proc/self/mountinfo | masks | sort
END
scenario "user: --userns keep-id, auto, nomap" '^uid=1000' systemd <<'END'
users_quick --userns keep-id:uid=1000,gid=1000 busybox sh -c 'id; touch /tmp/x && stat -c %u /tmp/x'
users_quick --userns keep-id busybox id -u | sed "s/^$uid$/THE USER/"
users_quick --userns auto:size=500 busybox id -u
users_quick --userns nomap busybox id -u
END
# That memory ran out, conmon learns too late at times, under runc too.
scenario "user: limits" '^memory.max 67108864$' systemd <<'END'
users_quick --memory 64m --cpus 0.5 --pids-limit 20 busybox sh -c 'cd /sys/fs/cgroup; for file in memory.max cpu.max pids.max; do echo $file $(cat $file); done; cat /proc/self/cgroup'
users run --name box --network none --memory 32m --memory-swap 32m busybox dd if=/dev/urandom of=/dev/null bs=64M count=1
users inspect --format '{{.State.ExitCode}}' box; users rm box
END
scenario "user: limits, by cgroupfs" '^\[0\]$' systemd <<'END'
manager=cgroupfs users_quick busybox cat /proc/self/cgroup
manager=cgroupfs users_quick --memory 64m busybox true
END
scenario "user: in the background" '^0 beside sleep$' systemd <<'END'
users run --detach --network none --name box busybox sleep 600 >/dev/null
users exec box sh -c 'echo $(id -u) beside $(cat /proc/1/comm); exit 3'
users exec --user 1000 --tty box sh -c 'id -u; tty'
users pause box; users unpause box
users update --memory 48m box; users exec box cat /sys/fs/cgroup/memory.max
users stats --no-stream --format '{{.Name}} {{.PIDs}}' box
users stop --time 1 box; users inspect --format '{{.State.Status}} {{.State.ExitCode}}' box; users rm box
END
scenario "user: volumes, tmpfs, terminal" '^content$' systemd <<'END'
as_user sh -c 'mkdir -p /home/user/shared && echo content >/home/user/shared/file'
users_quick --volume /home/user/shared:/s busybox sh -c 'cat /s/file; touch /s/new; stat -c "%u:%g" /s/new'
users_quick --volume /home/user/shared:/s:ro busybox touch /s/x
users_quick --tmpfs /t:size=1m --read-only busybox sh -c 'touch /t/x && touch /x'
users_quick --tty busybox tty
ls -l /home/user/shared | awk '{ print $3, $NF }'; rm -r /home/user/shared
END
scenario "user: privileged, devices, sysctls" 'mounted' systemd <<'END'
users_quick --privileged busybox sh -c 'grep CapEff /proc/self/status; mkdir /m && mount -t tmpfs m /m && echo mounted'
users_quick --device /dev/fuse busybox sh -c 'exec 3<>/dev/fuse && echo opened'
users_quick --sysctl net.ipv4.ip_forward=1 busybox cat /proc/sys/net/ipv4/ip_forward
END
scenario "user: network by pasta" '^[1-9]$' systemd <<'END'
users run --rm busybox sh -c 'ls /sys/class/net | grep -vc "^lo$"'
END
scenario "user: pods" '^2$' systemd <<'END'
users pod create --name pod --share net,ipc,uts,pid --infra-image busybox --infra-command 'sleep 600' --network none >/dev/null
users run --rm --pod pod busybox sh -c 'ps -o comm | grep -c sleep; echo 2' 2>&1 | without_warning
users pod rm --force --time 0 pod 2>&1 >/dev/null | without_warning
END
scenario "user: buildah bud" '^1 built$' systemd <<'END'
as_user mkdir -p /home/user/context; printf 'FROM localhost/busybox\nRUN echo $$ built >/built\nRUN cat /built\n' >/home/user/context/Containerfile
as_user buildah bud --runtime "${paths[$runtime]}" --isolation oci --network none --tag built /home/user/context 2>&1 | grep built$
users rmi built | grep -c Untagged
END
scenario "user: health checks" '^healthy$' systemd <<'END'
users run --detach --network none --name box --health-cmd 'test -e /tmp/well' --health-interval disable --health-retries 1 busybox sleep 600 >/dev/null
users healthcheck run box; users exec box touch /tmp/well; users healthcheck run box
users inspect --format '{{.State.Health.Status}}' box; users rm --force --time 0 box >/dev/null
END
scenario "user: play kube" '^from one$' systemd <<'END'
kube_of_two >kube.yaml; users kube play --quiet - <kube.yaml >/dev/null; users logs kube-one; users exec kube-one cat /sys/fs/cgroup/memory.max
users ps --format '{{.Names}}' | grep -v infra | sort; users kube down --force - <kube.yaml 2>&1 >/dev/null | without_warning | sed 's/.*msg=//' | sort
END
scenario "user: --runtime-flag" '^\[0\]$' systemd <<'END'
users --runtime-flag log=/home/user/runtime.log --runtime-flag debug run --rm --network none busybox true
test -s /home/user/runtime.log && rm /home/user/runtime.log
END
scenario "user: quadlet" '^active$' systemd <<'END'
as_user mkdir -p /home/user/.config/containers/systemd; quadlet_of_box >/home/user/.config/containers/systemd/quad.container
as_user systemctl --user daemon-reload; as_user systemctl --user start quad; as_user systemctl --user is-active quad; users exec box cat /proc/1/comm
as_user systemctl --user stop quad; rm /home/user/.config/containers/systemd/quad.container; as_user systemctl --user daemon-reload; as_user systemctl --user reset-failed
END
scenario "user: idmapped volumes" '^0 0$' systemd <<'END'
as_user mkdir /home/user/shared; as_user touch /home/user/shared/his
users_quick --volume /home/user/shared:/s:idmap busybox sh -c 'stat -c "%u %g" /s/his; touch /s/new && stat -c "%u %g" /s/new'
stat -c '%U' /home/user/shared/*; rm -r /home/user/shared
END
scenario "user: pods and builds, by cgroupfs" '^1 built$' systemd <<'END'
manager=cgroupfs
users pod create --name pod --share net,ipc,uts,pid --infra-image busybox --infra-command 'sleep 600' --network none >/dev/null
users run --rm --pod pod busybox sh -c 'ps -o comm | grep -c sleep' 2>&1 | without_warning
users pod rm --force --time 0 pod 2>&1 >/dev/null | without_warning
as_user mkdir -p /home/user/context; printf 'FROM localhost/busybox\nRUN echo $$ built >/built\nRUN cat /built\n' >/home/user/context/Containerfile
as_user buildah --cgroup-manager cgroupfs bud --runtime "${paths[$runtime]}" --isolation oci --network none --tag built /home/user/context 2>&1 | grep built$
users rmi built | grep -c Untagged
END
