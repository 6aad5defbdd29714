#!/usr/bin/env bash
# process.selinuxLabel, linux.mountLabel and exec --process-label, under the policy of selinux.policy, by what SELinux says of
# processes and files and by what it keeps them from.
# vm: mini-selinux
# seconds: 600
selinuxfs=/sys/fs/selinux
mount -t selinuxfs selinuxfs $selinuxfs
# shellcheck source=vm/lib.sh
source /vm/lib.sh

label() { # type: of a process, with categories, in which there is a comma
    echo "all_u:all_r:$1:s0:c0,c2"
}
file_label() { # type
    echo "all_u:object_r:$1:s0:c0,c2"
}
label_of() { # id
    tr -d '\0' <"/proc/$(rt state "$1" | jq .pid)/attr/current"
}
inside_labels() { # id path...: of files, as the host sees them
    local pid path
    pid=$(rt state "$1" | jq .pid)
    for path in "${@:2}"; do stat --format %C "/proc/$pid/root$path"; done
}
begun() { # id: its init has become the program
    [[ $(cat "/proc/$(rt state "$1" | jq .pid)/comm") == sleep ]]
}

bundle none true '.process.selinuxLabel = $label' --arg label "$(label container_t)"
refused "without a policy, a label is refused" "selinux label is specified in config, but selinux is disabled or not supported" run none
cat /vm/selinux.policy >$selinuxfs/load
echo 1 >$selinuxfs/enforce
equal "now there is one" "all_u:all_r:host_t:s0" "$(tr -d '\0' </proc/self/attr/current)"

look='cat /proc/self/attr/current; echo; if (echo x >/dev/shm/file) 2>/dev/null; then echo written; else echo refused; fi'
equal "without a label, a program has rt's" "$(printf '%s\n' all_u:all_r:host_t:s0 written)" "$(inside "$look" | tr -d '\0')"
for privileges in true false; do
    equal "a program has its label, noNewPrivileges: $privileges" "$(printf '%s\n' "$(label container_t)" written)" \
        "$(inside "$look" '.process.selinuxLabel = $label | .process.noNewPrivileges = ('$privileges')' --arg label "$(label container_t)" | tr -d '\0')"
    equal "and is kept from what has another, noNewPrivileges: $privileges" "$(printf '%s\n' "$(label container_t)" refused)" \
        "$(inside "$look" '.process.selinuxLabel = $label | .linux.mountLabel = $files | .process.noNewPrivileges = ('$privileges')' \
            --arg label "$(label container_t)" --arg files "$(file_label kept_t)" | tr -d '\0')"
done
equal "also in a user namespace" "$(printf '%s\n' "$(label container_t)" refused)" \
    "$(inside "$look" '.process.selinuxLabel = $label | .linux.mountLabel = $files | .linux.namespaces += [{type: "user"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
        --arg label "$(label container_t)" --arg files "$(file_label kept_t)" | tr -d '\0')"

bundle life 'exec sleep 600' '.process.selinuxLabel = $label | .linux.mountLabel = $files | .linux.maskedPaths = ["/proc/acpi", "/proc/driver"]' \
    --arg label "$(label container_t)" --arg files "$(file_label kept_t)"
check "create" rt create --bundle "$work/life" life
equal "until it is started, its init is rt, with rt's label" all_u:all_r:host_t:s0 "$(label_of life)"
check "start" rt start life
check "it becomes the program" soon begun life
equal "with its label" "$(label container_t)" "$(label_of life)"
for place in /dev /dev/shm /dev/mqueue /dev/pts; do
    equal "$place has the mount label" "$(file_label kept_t)" "$(inside_labels life $place)"
done
equal "so has what covers a directory" "$(file_label kept_t)" "$(inside_labels life /proc/driver)"
equal "/proc and /sys have their own" "$(printf '%s\n' all_u:object_r:host_t:s0 all_u:object_r:host_t:s0)" "$(inside_labels life /proc /sys)"
equal "exec: the container's label" "$(label container_t)" "$(rt exec life cat /proc/self/attr/current | tr -d '\0')"
equal "exec --process-label: its own" "$(label other_t)" \
    "$(rt exec --process-label "$(label other_t)" life cat /proc/self/attr/current | tr -d '\0')"
exits "exec with one that the policy does not have" 255 rt exec --process-label "$(label no_t)" life true
refusal="process.selinuxLabel: write \"$(label no_t)\" to /proc/self/attr/keycreate: invalid argument (is the label one of the loaded policy?)"
equal "says so" "rt: exec failed: $refusal" "$output"
check "delete --force" rt delete --force life

bundle unknown true '.process.selinuxLabel = $label' --arg label "$(label no_t)"
refused "so does create" "$refusal" run unknown
bundle unknown true '.linux.mountLabel = $label' --arg label "$(file_label no_t)"
refused "and for files" "mounts[1]: mount tmpfs on /dev: invalid argument" run unknown
finish
