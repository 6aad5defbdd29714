#!/usr/bin/env bash
# Usage: test.sh [GROUP[@KIND]...]
# Runs groups of tests, all or those named, each in a VM of its own started for it, and prints a table of what they found and,
# below it, what failed. Fails when a check fails, and when a VM hangs, panics or ends before its group has.
# All output is kept in artifacts/vm: GROUP@KIND.results, and the VM's console in GROUP@KIND.console.
# LANES sets how many VMs run at a time, EXCEPT has GROUP@KINDs that are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=vm/qemu.sh
source vm/qemu.sh

export LC_ALL=C
silence=${SILENCE:-300} # seconds without a line; the longest are those of a boot, on a busy machine
lanes=${LANES:-2}

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

# Each run is GROUP@KIND. Those that may take longest come first, so that no lane is left with a long one in the end.
mapfile -t all < <(
    for path in vm/groups/*.sh; do
        group=${path##*/}
        group=${group%.sh}
        for kind in $(header "$group" vm); do echo "$(header "$group" seconds) $group@$kind"; done
    done | sort --stable --numeric-sort --reverse --key=1,1 | cut -d ' ' -f 2
)
for wanted in "$@"; do
    [[ " ${all[*]} " == *" $wanted"[@\ ]* ]] || fail "there is no group $wanted in vm/groups"
done
for unwanted in ${EXCEPT-}; do
    [[ " ${all[*]} " == *" $unwanted "* ]] || fail "EXCEPT: vm/groups has no $unwanted"
done
runs=()
for run in "${all[@]}"; do
    (($# == 0)) || [[ " $* " == *" ${run%@*} "* || " $* " == *" $run "* ]] || continue
    [[ " ${EXCEPT-} " == *" $run "* ]] || runs+=("$run")
done
((${#runs[@]})) || fail "EXCEPT leaves nothing to be run"

work=$(mktemp -d)
stop() { # all VMs
    local lane
    for lane in $(jobs -p); do kill "$lane" 2>/dev/null || true; done
    wait
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

use_image
vm/payload.sh "$work/payload"
mkdir -p artifacts/vm
for run in "${runs[@]}"; do rm -f "artifacts/vm/$run".*; done

say() { # line...: of this run, among those of the others
    printf "%-24s  %s\n" "$run" "$@"
}

console() {
    echo "the end of the console:"
    tail -n 40 "artifacts/vm/$run.console"
}

# One run, in a process of its own. Streams what the group reports; NAME.counts gets its passed, failed, skipped and seconds,
# NAME.failures what is wrong.
run() { # GROUP@KIND
    local run=$1 group=${1%@*} kind=${1#*@} name=artifacts/vm/$1 start=$SECONDS limit patience code line wrong='' machine=''
    local passed=0 failed=0 skipped=0 planned='' end='' failing=''
    trap '[[ -z $machine ]] || kill "$machine"' EXIT
    trap 'exit 143' TERM
    limit=$(header "$group" seconds)
    if [[ $kind == here ]]; then
        exec {results}< <(exec vm/here.sh "$image" "$work/payload" "$group" 3>&1 >"$name.console" 2>&1 </dev/null)
    else
        qemu_arguments "$kind" "$image" "$work/payload" "$work" "vm_group=$group"
        if [[ ! -d $image/$kernel ]]; then
            say "skipped: $image has no Linux $kernel"
            echo 0 0 1 0 >"$work/$run.counts"
            return
        fi
        touch "$name.console"
        exec {results}< <(exec "${qemu[@]}" -serial "file:$name.console" -device virtio-serial-pci \
            -chardev file,id=results,path=/dev/stdout -device virtserialport,chardev=results </dev/null 2>"$name.qemu")
    fi
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
        printf '%s\n' "$line" >>"$name.results"
        say "$line"
        case $line in
            'ok '*' # SKIP '*) ((++skipped)) ;;
            'ok '*) ((++passed)) ;;
            'not ok '*) ((++failed)) ;;
            1..*) planned=${line#1..} ;;
            'end '*) end=${line#end } ;;
        esac
        # What was seen follows a check that failed, in lines of their own.
        case $line in
            'not ok '* | '# line '*) failing=yes ;;
            '# '*) ;;
            *) failing='' ;;
        esac
        [[ ! $failing ]] || printf '%s\n' "$line" >>"$work/$run.failures"
    done
    kill "$machine" 2>/dev/null || true
    wait "$machine" || true
    machine=''

    if [[ ! $wrong && $planned != $((passed + failed + skipped)) ]]; then
        wrong="the group reports $((passed + failed + skipped)) checks and counted ${planned:-none}"
    elif [[ ! $wrong ]] && ((end != (failed > 0))); then
        wrong="the group exited with $end"
    fi
    if [[ $wrong ]]; then
        say "FAILED: $wrong"
        ((++failed))
        {
            echo "$wrong"
            [[ ! -e $name.qemu ]] || sed 's/^/QEMU: /' "$name.qemu"
        } >>"$work/$run.failures"
    fi
    ((failed == 0)) || console >>"$work/$run.failures"
    echo "$passed $failed $skipped $((SECONDS - start))" >"$work/$run.counts"
}

row() { printf '%-14s  %-12s  %6s  %6s  %7s  %7s\n' "$@"; }

judge() { # prints the table and what failed; fails if anything has
    local run passed failed skipped seconds all_passed=0 all_failed=0 all_skipped=0
    printf '\n'
    row group VM passed failed skipped seconds
    for run in "${runs[@]}"; do
        if [[ ! -e $work/$run.counts ]]; then
            if [[ -e artifacts/vm/$run.console ]]; then
                echo "it did not come to its end"
                console
            else
                echo "it was not started"
            fi >>"$work/$run.failures"
            echo "0 1 0 0" >"$work/$run.counts"
        fi
        read -r passed failed skipped seconds <"$work/$run.counts"
        row "${run%@*}" "${run#*@}" "$passed" "$failed" "$skipped" "$seconds"
        ((all_passed += passed, all_failed += failed, all_skipped += skipped)) || true
    done
    [[ ! ${EXCEPT-} ]] || printf '\nleft out: %s\n' "$EXCEPT"
    for run in "${runs[@]}"; do
        [[ ! -e $work/$run.failures ]] || sed "1s/^/\n${run%@*} on ${run#*@}:\n/" "$work/$run.failures"
    done
    printf '\n%d passed, %d failed, %d skipped (%d s)\n' "$all_passed" "$all_failed" "$all_skipped" "$SECONDS"
    ((all_failed == 0))
}

# What was found until then is told to those who stop it with timeout(1) too.
trap 'stop; judge; exit 143' TERM
for one in "${runs[@]}"; do
    while (($(jobs -pr | wc -l) >= lanes)); do wait -n || true; done
    run "$one" &
done
wait
judge
