# shellcheck shell=bash disable=SC2016
# Volumes, and devices.

mount_line() { awk -v at="$1" '$5 == at { print $5, $6, $7 }' | sed 's/:[0-9]*//'; }

scenario "a directory and a file of the host" '^from the host$' <<'END'
in_standing_pod; rm -rf dir; mkdir dir; echo from the host | tee file >dir/file
once ".mounts = [{container_path: \"/data\", host_path: \"$PWD/dir\"}, {container_path: \"/etc/one\", host_path: \"$PWD/file\", readonly: true}]" sh -c 'exec 2>&1; cat /data/file /etc/one; echo new >/data/new; echo new >/etc/one; grep -E " (/data|/etc/one) " /proc/self/mountinfo | cut -d " " -f 5-6'
ls dir; once '.mounts = [{container_path: "/data", host_path: "/no/such/dir"}]' ls -d /data 2>&1 | grep -v cri:; rm -rf /no
END
scenario "an emptyDir in memory" '^/data rw,relatime$' <<'END'
in_standing_pod; mkdir -p memory; mount -t tmpfs -o size=1m,nosuid,nodev,noexec memory memory
once ".mounts = [{container_path: \"/data\", host_path: \"$PWD/memory\"}]" sh -c 'exec 2>&1; awk "\$5 == \"/data\" { print \$5, \$6 }" /proc/self/mountinfo; echo "#!/bin/sh" >/data/x; chmod 755 /data/x; /data/x && echo executed'
once ".mounts = [{container_path: \"/data\", host_path: \"$PWD/memory\", readonly: true}]" sh -c 'exec 2>&1; touch /data/y; awk "\$5 == \"/data\" { print \$5, \$6 }" /proc/self/mountinfo'
umount memory
END
scenario "mount propagation" '^/data .*master' <<'END'
cd "$work"; rm -rf tree; mkdir -p tree/below tree/later; mount -t tmpfs tree tree; mount --make-shared tree; mkdir tree/below tree/later
pod '.linux.security_context.privileged = true'
for propagation in PRIVATE HOST_TO_CONTAINER BIDIRECTIONAL; do run $propagation ".mounts = [{container_path: \"/data\", host_path: \"$PWD/tree\", propagation: \"PROPAGATION_$propagation\"}] | .linux.security_context.privileged = true" sleep 600; mount -t tmpfs x tree/below; cri execsync "$container" sh -c 'mkdir -p /data/later; mount -t tmpfs inside /data/later; grep " /data" /proc/self/mountinfo | cut -d " " -f 5-7 | sed "s/:[0-9]*//g"'; mountpoint -q tree/later && echo inside is seen; umount tree/below; umount tree/later 2>/dev/null; done
rmp; umount -R tree
END
((version < 2)) || scenario "read-only mounts, recursively" '^/data/below ro' <<'END'
in_standing_pod; mkdir -p tree; mount -t tmpfs tree tree; mkdir tree/below; mount -t tmpfs below tree/below
for recursive in false true; do once ".mounts = [{container_path: \"/data\", host_path: \"$PWD/tree\", readonly: true, recursive_read_only: $recursive}]" sh -c 'awk "\$5 ~ \"^/data\" { print \$5, \$6 }" /proc/self/mountinfo'; done
umount -R tree
END
scenario "devices" '^crw-rw-rw-.* 1, *5 ' <<'END'
once '.devices = [{container_path: "/dev/nothing", host_path: "/dev/zero", permissions: "r"}]' sh -c 'exec 2>&1; stat -c "%A %u:%g %t, %T %n" /dev/nothing; ls -l /dev/nothing | cut -c -40; head -c 3 /dev/nothing | wc -c; echo >/dev/nothing'
once '.devices = [{container_path: "/dev/disk", host_path: "/dev/vdc", permissions: "rwm"}]' sh -c 'exec 2>&1; head -c 3 /dev/disk | wc -c; mknod /x b 254 0 && cat /x'
once '.devices = [{container_path: "/dev/disk", host_path: "/dev/no-such", permissions: "rwm"}]' true 2>&1 | grep -o 'no such file'
END
scenario "a volume over /etc/hosts and one below another" '^inner$' <<'END'
in_standing_pod; rm -rf a b; mkdir a b; echo inner >b/file; echo 10.0.0.1 name >hosts
once ".mounts = [{container_path: \"/a\", host_path: \"$PWD/a\"}, {container_path: \"/a/b\", host_path: \"$PWD/b\"}, {container_path: \"/etc/hosts\", host_path: \"$PWD/hosts\"}, {container_path: \"/var/run/secrets/kubernetes.io/serviceaccount\", host_path: \"$PWD/b\", readonly: true}]" sh -c 'cat /a/b/file /etc/hosts /var/run/secrets/kubernetes.io/serviceaccount/file'
END
