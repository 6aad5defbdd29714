#!/usr/bin/env bash
# What an ordinary user does with rt, and with podman and rt: in scopes of his own systemd and in cgroups that it delegated.
# vm: debian
# seconds: 1200
# shellcheck source=vm/lib.sh
source /vm/lib.sh

# He lingers: his systemd runs though he is not logged in.
user() { # name uid
    useradd --create-home --shell /bin/bash --uid "$2" "$1"
    loginctl enable-linger "$1"
    soon test -S "/run/user/$2/bus"
}
user box 1000
home=/home/box
tar -C /vm/rootfs -cf "$work/rootfs.tar" .
chmod 755 "$work"

as() { # name command...: in a login-like environment, but in the cgroup of this group
    local uid
    uid=$(id -u "$1")
    setpriv --reuid="$uid" --regid="$uid" --init-groups env -i PATH="$PATH" LC_ALL=C.UTF-8 USER="$1" HOME="/home/$1" \
        XDG_RUNTIME_DIR="/run/user/$uid" timeout --kill-after=5 120 "${@:2}"
}
as_box() { as box "$@"; }
service() { # command...: in a service of his systemd's, to which that delegates its cgroup
    as_box systemd-run --user --quiet --collect --wait --pipe --property Delegate=yes --setenv PATH="$PATH" -- "$@"
}
as_box mkdir "$home/bundle"
own_bundle() { # script [filter [jq-option...]]: his one bundle
    local script=$1 filter=${2-.}
    shift "$(($# < 2 ? $# : 2))"
    rm -f "$home/bundle/config.json"
    as_box rt spec --rootless --bundle "$home/bundle"
    jq --arg script "$script" "$@" '.process.terminal = false | .process.args = ["sh", "-c", $script] | .root.path = "/vm/rootfs" | '"$filter" \
        "$home/bundle/config.json" >"$work/config"
    cat "$work/config" >"$home/bundle/config.json"
}
create() { # option...: his bundle as "own"
    as_box sh -c 'rt "$@" create --bundle "$HOME/bundle" own </dev/null >/dev/null 2>"$HOME/error" || { cat "$HOME/error"; exit 1; }' sh "$@"
}
state_of() { # .member
    as_box rt state own | jq -r "$1"
}
cgroup_of() { # container, of his
    sed -n 's/^0:://p' "/proc/$(as_box rt state "$1" | jq .pid)/cgroup"
}
too_much='dd if=/dev/zero of=/dev/null bs=64M count=1'

# With his own id alone.
own_bundle 'echo $(id -u) $$ $(cat /proc/self/uid_map); exit 7'
exits "run: the exit code" 7 as_box rt run --bundle "$home/bundle" own
equal "run: the user's own id is root" "0 1 0 1000 1" "$output"
equal "his state is where it is his alone" "700 box" "$(stat --format '%a %U' /run/user/1000/rt | sed 's/^1//')"
equal "with the sticky bit, so that nobody tidies it up" 1700 "$(stat --format %a /run/user/1000/rt)"
refused "without a place of his, he is told of one" "set XDG_RUNTIME_DIR" as_box env --unset XDG_RUNTIME_DIR rt run --bundle "$home/bundle" own
own_bundle 'exec sleep 600'
check "create" create
equal "it has no cgroup" /system.slice/vm.service "$(cgroup_of own)"
check "start" as_box rt start own
equal "exec" "0 sleep" "$(as_box rt exec own sh -c 'echo $(id -u) $(cat /proc/1/comm)')"
equal "ps" "$(state_of .pid)" "$(as_box rt ps --format json own | jq '.[]')"
check "kill" as_box rt kill own TERM
check "kill with a signal that a pid 1 takes" as_box rt kill own KILL
exits "wait" 137 as_box rt wait own
check "delete" as_box rt delete own

# With the ids that are set aside for him.
read -r first count < <(awk -F: '$1 == "box" { print $2, $3 }' /etc/subuid)
ranges='.linux.uidMappings += [{containerID: 1, hostID: $first, size: $count}] | .linux.gidMappings = .linux.uidMappings'
own_bundle 'echo $(id -u) $(id -g) $(id -G)' "$ranges | .process.user = {uid: 5, gid: 6, additionalGids: [7]}" --argjson first "$first" --argjson count "$count"
equal "with ranges, other users and groups" "5 6 6 7" "$(as_box rt run --bundle "$home/bundle" own)"

# In scopes of his systemd's.
own_bundle 'exec sleep 600' '.linux.resources.memory = {limit: 33554432, swap: 33554432} | .linux.resources.pids.limit = 20'
check "create --systemd-cgroup" create --systemd-cgroup
scope=/user.slice/user-1000.slice/user@1000.service/user.slice/rt-own.scope
equal "the scope is one of his own systemd" $scope "$(cgroup_of own)"
check "start" as_box rt start own
equal "its limits" "33554432 20" "$(value $scope memory.max) $(value $scope pids.max)"
check "what stays below the limit" as_box rt exec own sh -c "${too_much/64M/4M}"
exits "what goes beyond is killed" 137 as_box rt exec own sh -c "$too_much"
check "update" as_box rt update --pids-limit 5 own
equal "the limit is another" 5 "$(value $scope pids.max)"
check "pause" as_box rt pause own
equal "it is paused" paused "$(state_of .status)"
check "resume" as_box rt resume own
check "events" as_box sh -c "rt events --stats own | grep -q '\"limit\":33554432'"
check "delete --force" as_box rt delete --force own
check "the scope is gone" not test -e "/sys/fs/cgroup$scope"

# In cgroups that it delegated.
own_bundle "cat /proc/self/cgroup; $too_much" '.linux.cgroupsPath = $path + "/own" | .linux.resources.memory = {limit: 33554432, swap: 33554432}
    | .linux.namespaces -= [{type: "cgroup"}]' --arg path "@"
cat >"$home/delegated" <<'END'
# Processes are either in a cgroup or below it: this one makes room.
cgroup=$(sed 's/^0:://' /proc/self/cgroup)
mkdir "/sys/fs/cgroup$cgroup/supervisor"
echo $$ >"/sys/fs/cgroup$cgroup/supervisor/cgroup.procs"
echo +memory +pids >"/sys/fs/cgroup$cgroup/cgroup.subtree_control"
sed -i "s|\"@/own\"|\"$cgroup/own\"|" "$HOME/bundle/config.json"
rt run --bundle "$HOME/bundle" own
code=$?
test ! -e "/sys/fs/cgroup$cgroup/own" || echo "its cgroup is left"
exit $code
END
exits "in a delegated cgroup, the limit holds" 137 service bash "$home/delegated"
check "which is below the service's" grep -x "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-.*\.service/own" <(echo "$output")
equal "and has gone" 1 "$(wc -l <<<"$output")"

own_bundle true '.linux.resources.memory.limit = 33554432'
refused "without a cgroup of his, a limit is refused" "it takes a cgroup that was delegated to the caller" as_box rt run --bundle "$home/bundle" own

# What the administrator may forbid.
own_bundle true
sysctl --quiet kernel.unprivileged_userns_clone=0
refused "Debian's switch" "operation not permitted (kernel.unprivileged_userns_clone is 0: ordinary users may make no user namespaces)" \
    as_box rt run --bundle "$home/bundle" own
sysctl --quiet kernel.unprivileged_userns_clone=1
limit=$(sysctl --values user.max_user_namespaces)
sysctl --quiet user.max_user_namespaces=0
refused "the number of namespaces" "(user.max_user_namespaces is 0: no user namespaces are allowed)" as_box rt run --bundle "$home/bundle" own
sysctl --quiet user.max_user_namespaces="$limit"
check "and without" as_box rt run --bundle "$home/bundle" own

# podman, which is the root of a user namespace itself when it calls rt.
by=systemd
pod() { as_box podman --runtime /usr/local/bin/rt --cgroup-manager "$by" "$@"; }
alone() { pod run --rm --network none "$@"; }
check "podman: import of an image" pod import "$work/rootfs.tar" busybox
equal "podman: rt is its runtime" /usr/local/bin/rt "$(pod info --format '{{.Host.OCIRuntime.Path}}')"
for by in systemd cgroupfs; do
    equal "podman, by $by: what a program prints" "1 0" "$(alone busybox sh -c 'echo $$ $(id -u)' 2>&1)"
    exits "podman, by $by: its exit code" 7 alone busybox sh -c 'exit 7'
    check "podman, by $by: run --detach" pod run --detach --name sleeper --network none busybox sleep 600
    equal "podman, by $by: exec" "root beside sleep" "$(pod exec sleeper sh -c 'echo $(id -un) beside $(cat /proc/1/comm)' 2>&1)"
    check "podman, by $by: stop" pod stop --time 1 sleeper
    check "podman, by $by: rm" pod rm sleeper
done
by=systemd
equal "podman: --memory and --pids-limit" "33554432 20" \
    "$(alone --memory 32m --pids-limit 20 busybox sh -c 'echo $(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max)' 2>&1)"
exits "podman: a program that takes more memory is killed" 137 alone --memory 32m --memory-swap 32m busybox sh -c "exec $too_much"
equal "podman: --user and --group-add" "5 6 6 7" "$(alone --user 5:6 --group-add 7 busybox sh -c 'echo $(id -u) $(id -g) $(id -G)' 2>&1)"
equal "podman: --tty" 'is a terminal' "$(alone --tty busybox sh -c 'test -t 0 && echo is a terminal' 2>&1 | tr -d '\r')"
equal "podman: --device" "1,   7" "$(alone --device /dev/full busybox ls -l /dev/full 2>&1 | grep -o '1,   7')"
equal "podman: --userns keep-id" 1000 "$(alone --userns keep-id busybox id -u 2>&1)"
check "podman: with a network" pod run --rm busybox ip link show
pod system reset --force >/dev/null 2>&1

# One who has no other ids.
user single 1001
sed -i '/^single:/d' /etc/subuid /etc/subgid
of_single() { as single podman --runtime /usr/local/bin/rt --storage-opt ignore_chown_errors=true "$@"; }
check "podman, of one without other ids: import" of_single import "$work/rootfs.tar" busybox
equal "run" "0 1001 1" "$(of_single run --rm --network none busybox sh -c 'echo $(cat /proc/self/uid_map)' 2>&1 | tail -n 1)"
of_single system reset --force >/dev/null 2>&1

check "the kernel has not been made to complain" not grep "overlayfs: failed" <(dmesg)
for name in box single; do
    loginctl disable-linger $name
    systemctl stop "user@$(id -u $name)" "user-runtime-dir@$(id -u $name)"
done
finish
