#!/usr/bin/env bash
# Usage: test.sh [GROUP[@KIND]...]
# Runs groups of tests, all or those named, each in a VM of its own started for it, and prints a table of what they found.
# Fails when a check fails, and when a VM hangs, panics or ends before its group has.
# All output is kept in artifacts/vm: GROUP@KIND.results, and the VM's console in GROUP@KIND.console.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=vm/qemu.sh
source vm/qemu.sh

export LC_ALL=C
silence=${SILENCE:-300} # seconds without a line; the longest are those of a boot, on a busy machine

fail() {
    echo "vm/test.sh: $*" >&2
    exit 1
}
[[ -x bin/rt ]] || fail "bin/rt is missing, build it first"
((EUID == 0)) || fail "disks and containers are made by root: sudo make vm-test"
[[ $(uname -m) == x86_64 ]] || fail "the VMs are for x86-64 alone"

header() { # group key: the words behind "# KEY:" in the group's first lines
    sed -n "1,10s/^# $2: *//p" "vm/groups/$1.sh"
}

# Each run is GROUP@KIND.
runs=()
for path in vm/groups/*.sh; do
    group=${path##*/}
    group=${group%.sh}
    for kind in $(header "$group" vm); do
        (($#)) && [[ " $* " != *" $group "* && " $* " != *" $group@$kind "* ]] || runs+=("$group@$kind")
    done
done
for wanted in "$@"; do
    [[ " ${runs[*]} " =~ \ ${wanted}[@\ ] ]] || fail "there is no group $wanted in vm/groups"
done

machine='' work=$(mktemp -d)
cleanup() {
    [[ -z $machine ]] || kill "$machine" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

image=$(vm/image.sh)
vm/payload.sh "$work/payload"
mkdir -p artifacts/vm

row() { printf '%-14s  %-12s  %6s  %6s  %7s  %7s\n' "$@"; }
table=() all_passed=0 all_failed=0 all_skipped=0

run() { # group kind: streams what the group reports and adds a line to the table
    local group=$1 kind=$2 name=artifacts/vm/$1@$2 start=$SECONDS limit patience code line wrong=''
    local passed=0 failed=0 skipped=0 planned='' end=''
    limit=$(header "$group" seconds)
    qemu_arguments "$kind" "$image" "$work/payload" "$work" "vm_group=$group"
    echo "== $group on $kind"
    if [[ ! -d $image/$kernel ]]; then
        echo "skipped: $image has no Linux $kernel"
        table+=("$(row "$group" "$kind" 0 0 1 0)")
        ((++all_skipped))
        return
    fi
    rm -f "$name".*
    touch "$name.console"
    exec {results}< <(exec "${qemu[@]}" -serial "file:$name.console" -device virtio-serial-pci \
        -chardev file,id=results,path=/dev/stdout -device virtserialport,chardev=results </dev/null 2>"$name.qemu")
    machine=$!

    while [[ ! $end ]]; do
        patience=$((start + limit - SECONDS))
        ((patience < silence)) || patience=$silence
        code=0
        IFS= read -r -t $((patience > 0 ? patience : 1)) -u "$results" line || code=$?
        if ((code > 128)); then
            wrong="nothing was heard from the VM for $silence s"
            ((SECONDS < start + limit)) || wrong="the group took longer than $limit s"
            break
        elif ((code)); then
            wrong=$(grep -m 1 -o 'Kernel panic.*' "$name.console") || wrong="the VM ended before the group did"
            break
        fi
        printf '%s\n' "$line" | tee -a "$name.results"
        case $line in
            'ok '*' # SKIP '*) ((++skipped)) ;;
            'ok '*) ((++passed)) ;;
            'not ok '*) ((++failed)) ;;
            1..*) planned=${line#1..} ;;
            'end '*) end=${line#end } ;;
        esac
    done
    kill "$machine" 2>/dev/null || true
    wait "$machine" || true
    machine=''
    exec {results}<&-

    if [[ $wrong ]]; then
        cat "$name.qemu"
        tail -n 40 "$name.console"
    elif [[ $planned != $((passed + failed + skipped)) ]]; then
        wrong="the group reports $((passed + failed + skipped)) checks and counted ${planned:-none}"
    elif ((end != (failed > 0))); then
        wrong="the group exited with $end"
        tail -n 40 "$name.console"
    fi
    if [[ $wrong ]]; then
        echo "FAILED: $group on $kind: $wrong"
        ((++failed))
    fi
    table+=("$(row "$group" "$kind" "$passed" "$failed" "$skipped" $((SECONDS - start)))")
    ((all_passed += passed, all_failed += failed, all_skipped += skipped)) || true
}
for one in "${runs[@]}"; do run "${one%@*}" "${one#*@}"; done

printf '\n'
row group VM passed failed skipped seconds
printf '%s\n' "${table[@]}"
printf '\n%d passed, %d failed, %d skipped (%d s)\n' "$all_passed" "$all_failed" "$all_skipped" "$SECONDS"
((all_failed == 0))
