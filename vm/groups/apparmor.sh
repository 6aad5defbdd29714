#!/usr/bin/env bash
# process.apparmorProfile and exec --apparmor, by what AppArmor says of the container's processes and by what it keeps them from.
# vm: mini-v2
# seconds: 600
securityfs=/sys/kernel/security
mount -t securityfs securityfs $securityfs
# shellcheck source=vm/lib.sh
source /vm/lib.sh

# Each lets its processes do all but write to one file. "keeper" is for rt itself.
{
    for name in one two keeper; do
        echo "profile rt-$name flags=(attach_disconnected, mediate_deleted) {
            capability, file, mount, remount, umount, pivot_root, network, signal, ptrace, unix, dbus, change_profile,
            audit deny /dev/shm/$name w,
        }"
    done
} >"$work/profiles"
apparmor_parser --replace --skip-cache "$work/profiles"
look='cat /proc/self/attr/current
    for file in one two free; do if (echo >/dev/shm/$file) 2>/dev/null; then echo $file; else echo "not $file"; fi; done'
under() { # profile: what a program sees that may not write to one of the files
    printf '%s\n' "rt-$1 (enforce)"
    for file in one two free; do if [[ $file == "$1" ]]; then echo "not $file"; else echo $file; fi; done
}
profile_of() { # id: of its init
    cat "/proc/$(rt state "$1" | jq .pid)/attr/current"
}
begun() { # id: its init has become the program
    [[ $(cat "/proc/$(rt state "$1" | jq .pid)/comm") == sleep ]]
}

equal "without a profile, a program is not confined" "$(printf '%s\n' unconfined one two free)" "$(inside "$look")"
equal "run: the program is under the profile" "$(under one)" "$(inside "$look" '.process.apparmorProfile = "rt-one"')"
equal "so it is without noNewPrivileges" "$(under one)" \
    "$(inside "$look" '.process.apparmorProfile = "rt-one" | .process.noNewPrivileges = false')"
equal "and where securityfs is not mounted, as podman has it for containers with a user namespace" "$(under one)" "$(
    unshare --mount sh -c "umount $securityfs"' && exec "$@"' sh rt run --bundle "$work/once" once)"
users='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
    | .linux.gidMappings = .linux.uidMappings | .process.apparmorProfile = "rt-one"'
equal "and in a user namespace" "$(under one)" "$(inside "$look" "$users")"
equal "and in one without noNewPrivileges" "$(under one)" "$(inside "$look" "$users | .process.noNewPrivileges = false")"
equal "and with a seccomp filter" "$(under one)" "$(inside "$look" '.process.apparmorProfile = "rt-one"
    | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}')"
equal "\"unconfined\" is one that any host has" unconfined "$(inside 'cat /proc/self/attr/current' '.process.apparmorProfile = "unconfined"')"
equal "a hook in the container is under it as well" "rt-one (enforce)" "$(inside 'cat /dev/shm/hook' '.process.apparmorProfile = "rt-one"
    | .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/attr/current >/dev/shm/hook"]}]')"

bundle life 'exec sleep 600' '.process.apparmorProfile = "rt-one"'
check "create" rt create --bundle "$work/life" life
equal "until it is started, its init is rt, and unconfined" unconfined "$(profile_of life)"
check "start" rt start life
check "it becomes the program" soon begun life
equal "which is under the profile" "rt-one (enforce)" "$(profile_of life)"
equal "exec: the container's profile" "$(under one)" "$(rt exec life sh -c "$look")"
equal "exec --apparmor: its own" "$(under two)" "$(rt exec --apparmor rt-two life sh -c "$look")"
exits "exec with one that is not there" 255 rt exec --apparmor rt-none life true
equal "says so" 'rt: exec failed: process.apparmorProfile: apparmor failed to apply profile "rt-none":'\
' write /proc/self/attr/apparmor/exec: no such file or directory (is it loaded?)' "$output"
check "delete --force" rt delete --force life

bundle none 'true' '.process.apparmorProfile = "rt-none"'
refused "one that is not there" 'process.apparmorProfile: apparmor failed to apply profile "rt-none"' run none
nothing_left "leaves nothing"

# rt under a profile of its own. With no_new_privs, the kernel then lets nobody leave it, but only add to it ("stacking").
kept() { aa-exec --profile rt-keeper -- rt run --bundle "$work/once" once; }
bundle once "$look"
equal "of rt's own profile, its containers are under it too" "$(under keeper)" "$(kept)"
bundle once "$look" '.process.apparmorProfile = "rt-one" | .process.noNewPrivileges = false'
equal "unless they have another" "$(under one)" "$(kept)"
bundle once "$look" '.process.apparmorProfile = "rt-one"'
refused "which no_new_privs forbids" "exec /bin/sh: operation not permitted" kept
bundle once "$look" '.process.apparmorProfile = "&rt-one"'
equal "but not to add one" "rt-keeper//&rt-one (enforce)" "$(kept | grep rt-)"

mount -t tmpfs none /sys/module/apparmor
bundle without 'true' '.process.apparmorProfile = "rt-one"'
refused "where AppArmor can't be seen, a profile is refused" \
    "process.apparmorProfile: apparmor: config provided but apparmor not supported" run without
umount /sys/module/apparmor
apparmor_parser --remove "$work/profiles"
finish
