# shellcheck shell=bash disable=SC2016
# Namespaces that are the host's or another container's, and mounts.

scenario "--pid host" '^1$' <<'END'
quick --pid host busybox cat /proc/1/comm | grep -cx "$(cat /proc/1/comm)"
END
scenario "--pid container:" '^sleep$' <<'END'
sleeper
quick --pid container:box busybox sh -c 'cat /proc/1/comm; kill -KILL 1; echo $?; kill 1; echo $?'
gone
END
scenario "--ipc" '^of box$' <<'END'
sleeper --ipc shareable
docker exec box sh -c 'echo shared >/dev/shm/file'
quick --ipc container:box busybox sh -c 'cat /dev/shm/file; readlink /proc/self/ns/ipc' | whose ipc
quick --ipc none busybox sh -c 'ls /dev/shm; readlink /proc/self/ns/ipc' | whose ipc
quick --ipc host busybox sh -c 'stat -c %a /dev/shm; readlink /proc/self/ns/ipc' | whose ipc
quick --ipc private busybox sh -c 'mount | grep -c /dev/shm; readlink /proc/self/ns/ipc' | whose ipc
gone
END
scenario "--network none" '^lo$' <<'END'
quick busybox sh -c 'ls /sys/class/net; ip -o link show lo | cut -d " " -f 2-9; ping -c 1 -q 127.0.0.1 | grep loss'
END
scenario "--network bridge" '^eth0$' <<'END'
docker run --rm busybox sh -c 'ls /sys/class/net; ip -o -4 address show eth0 | sed "s/.*inet/inet/; s/ valid.*//"; ping -c 1 -q 172.17.0.1 | grep loss; cat /etc/resolv.conf | grep -c nameserver'
END
scenario "--network host" 'docker0' <<'END'
docker run --rm --network host busybox ls /sys/class/net
END
scenario "--network container:" '^of box$' <<'END'
sleeper
docker run --rm --network container:box busybox sh -c 'ls /sys/class/net; readlink /proc/self/ns/net' | whose net
quick busybox readlink /proc/self/ns/net | whose net
gone
END
scenario "--publish" '^served$' <<'END'
docker run --detach --name box --publish 127.0.0.1:8099:80 busybox sh -c 'while :; do echo served | nc -l -p 80; done' >/dev/null
for i in 1 2 3 4 5 6 7 8 9 10; do busybox timeout 2 busybox nc 127.0.0.1 8099 </dev/null | grep served && break; sleep 0.5; done
gone
END
scenario "user-defined network, with names" '^\[0\]$' <<'END'
docker network create --subnet 10.98.0.0/24 net
docker run --detach --name box --network net busybox sleep 600 >/dev/null
docker run --rm --network net busybox ping -c 1 -q box | grep loss
gone
docker network rm net
END
scenario "--add-host, --dns" '10\.1\.2\.3' <<'END'
docker run --rm --add-host there:10.1.2.3 --dns 10.9.9.9 busybox sh -c 'grep there /etc/hosts; grep nameserver /etc/resolv.conf'
END
scenario "--volume: bind mounts" 'Read-only file system' <<'END'
mkdir -p shared && echo content >shared/file
quick --volume "$PWD/shared:/shared" busybox sh -c 'cat /shared/file; echo more >>/shared/file; touch /shared/new'
quick --volume "$PWD/shared:/shared:ro" busybox sh -c 'cat /shared/file; touch /shared/x'
quick --volume "$PWD/shared/file:/etc/passwd:ro" busybox cat /etc/passwd
ls shared; rm -rf shared
END
scenario "--volume: a source that is not there" '^\[0\]$' <<'END'
quick --volume "$PWD/made:/made" busybox ls -ld /made | cut -c 1-10
rmdir made
quick --mount "type=bind,source=$PWD/nothing,target=/x" busybox true
END
scenario "--volume: named" '^kept$' <<'END'
quick --volume data:/data busybox sh -c 'echo kept >/data/file; stat -c "%a %u:%g" /data'
quick --volume data:/data busybox cat /data/file
docker volume rm data
END
scenario "--volumes-from" '^of box$' <<'END'
sleeper --volume /v
docker exec box sh -c 'echo of box >/v/file'
quick --volumes-from box busybox cat /v/file
docker rm --force --volumes box >/dev/null
END
scenario "a volume over a file, and over a symlink" '^not a directory$' <<'END'
quick --volume "$PWD:/etc/passwd" busybox true 2>&1 | words
quick --volume "$PWD:/var/run/x" busybox ls -d /run/x /var/run/x
END
scenario "propagation" '^inside$' <<'END'
mkdir above && mount -t tmpfs above above && mount --make-shared above && mkdir above/a above/b
docker run --detach --network none --name box --mount "type=bind,source=$PWD/above,target=/above,bind-propagation=rslave" busybox sleep 600 >/dev/null
mount -t tmpfs later above/a; touch above/a/inside
docker exec box ls /above/a
gone
quick --privileged --mount "type=bind,source=$PWD/above,target=/above,bind-propagation=rshared" busybox mount -t tmpfs mine /above/b
findmnt --noheadings --output TARGET "$PWD/above/b" | wc -l
umount --recursive above && rmdir above
END
scenario "--mount: read-only, recursively" 'Read-only file system' <<'END'
mkdir -p above/sub && mount -t tmpfs sub above/sub
quick --mount "type=bind,source=$PWD/above,target=/above,readonly" busybox sh -c 'touch /above/x; touch /above/sub/x'
quick --mount "type=bind,source=$PWD/above,target=/above,readonly,bind-recursive=writable" busybox sh -c 'touch /above/x; touch /above/sub/x && echo written'
quick --mount "type=bind,source=$PWD/above,target=/above,bind-recursive=disabled" busybox ls /above/sub
umount above/sub && rm -r above
END
scenario "--tmpfs, --mount type=tmpfs" 'size=1024k' <<'END'
quick --tmpfs /t:size=1m,mode=1770,uid=5 busybox sh -c 'mount | grep " /t "; stat -c "%a %u" /t'
quick --mount type=tmpfs,target=/t,tmpfs-size=2m,tmpfs-mode=700 busybox sh -c 'mount | grep " /t "; stat -c "%a" /t'
quick --tmpfs /etc busybox ls /etc
quick --tmpfs /t:nonsense busybox true
END
scenario "--read-only" 'Read-only file system' <<'END'
quick --read-only --tmpfs /tmp busybox sh -c 'touch /x; touch /tmp/x && touch /dev/shm/x && echo both'
END
