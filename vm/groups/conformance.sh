#!/usr/bin/env bash
# OCI runtime-tools' validation programs: those about cgroups, which want v1, where v1 is, and the others where all of v2 is.
# A program passes, or conformance/known-failures or conformance.expected say why not.
# vm: mini-v1-5.10 mini-hybrid mini-v2
# seconds: 1800
# shellcheck source=vm/lib.sh
source /vm/lib.sh
cd /vm/suite

# What some of them need: a scheduler with weights, a second network interface.
modprobe bfq
modprobe dummy numdummies=1

known() { # program: sets kind and reason; kind is the machines for which conformance.expected has it
    local pattern
    while read -r pattern kind reason; do
        # shellcheck disable=SC2053 # a pattern it is
        [[ $pattern != \#* && $pattern && $1 == $pattern ]] || continue
        case $kind in
            cgroup-v1) [[ $VM_KIND != mini-v2 ]] || return 0 ;;
            mini-*) [[ ,$kind, != *,$VM_KIND,* ]] || return 0 ;;
            *) return 0 ;;
        esac
    done < <(cat /vm/groups/conformance.expected /vm/known-failures)
    return 1
}

judge() { # program: passes or fails as conformance/verdict.awk has it
    local verdict code=0
    RUNTIME=rt timeout --kill-after=5 240 "./$1" </dev/null >"$work/tap" 2>"$work/stderr" || code=$?
    verdict=$(awk -v code="$code" -v name="$1" -v exit_only="process_capabilities_fail process_rlimits_fail" \
        -f /vm/verdict.awk "$work/tap" | cut -f 1)
    if [[ $verdict == ok ]] && known "$1" && [[ $kind != host && $kind != race ]]; then
        report 1 "$1" "it passes, although it is known to fail: $reason"
    elif [[ $verdict == ok ]]; then
        report 0 "$1" ""
    elif known "$1"; then
        skip "$1" "$verdict, as is known: $reason"
    else
        report 1 "$1" "$verdict: $(grep -A 8 '^not ok' "$work/tap"; cat "$work/stderr")"
    fi
    for id in $(rt list --quiet); do rt delete --force "$id" || true; done
}

for program in *; do
    case $program in
        runtimetest | rootfs-*) ;;
        linux_cgroups_* | delete_resources | delete_only_create_resources) [[ $VM_KIND == mini-v2 ]] || judge "$program" ;;
        *) [[ $VM_KIND != mini-v2 ]] || judge "$program" ;;
    esac
done
# The cgroups above the containers' stay.
find /sys/fs/cgroup -depth \( -path '*/testdir' -o -path '*/testdir/*' -o -name cgrouptest \) -type d -exec rmdir {} +
finish
