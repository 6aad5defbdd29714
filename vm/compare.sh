# shellcheck shell=bash
# To be sourced behind lib.sh by groups that compare rt with runc and crun under an engine.
#
#     scenario NAME PATTERN [NEED] <<'END'
#     docker run --rm busybox echo hello
#     END
#
# Its lines are commands, run in turn by this shell with $runtime as runc, crun and rt. Each runtime's transcript has what a
# command printed, what it wrote to stderr behind "!", and its exit code in brackets; in the end, what was left on the host. What always differs is
# made the same (plain). The three must not differ, unless $differences has the scenario with who differs and the reason; and
# rt's must have a line that matches PATTERN (grep -E), so that failing in the same way three times is no success. NEED is what
# only the VM has: limits, systemd, AppArmor, disks, or all capabilities. Without one, rt is compared with runc: crun wants all controllers.

differences=${differences-/vm/groups/differences}
group=$(basename "$0" .sh)
only=$(</vm/only) # a regular expression: ONLY=exec make vm-test GROUP=docker runs those scenarios whose names match
scenarios=$(</vm/scenarios-wanted) # in the VM: all, or those alone that need it
declare -A paths=([runc]=/opt/peers/runc [crun]=/opt/peers/crun [rt]=/usr/local/bin/rt) seconds=([runc]=0 [crun]=0 [rt]=0)
runtimes=(runc crun rt) runtime=rt
[[ $VM_KIND != here ]] || runtimes=(runc rt)

# Of a transcript: ids, times, durations, the runtime's own name and path, and the words that runc has in front of an error's
# cause since 1.2, for the stage that failed: engines look for the cause.
plain() {
    sed -E -e 's/\b[0-9a-f]{64}\b/ID/g' -e 's/\b[0-9a-f]{12}\b/SHORT-ID/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+( ?[+-][0-9:]{4,5}|Z)?( UTC)?/TIME/g' \
        -e 's/\b[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}\b/TIME/g' \
        -e 's/\b(Less than a|About a|[0-9]+) (second|minute)s?\b/SOME TIME/g' \
        -e 's#/opt/peers/(runc|crun)\b|/usr/local/bin/rt\b#RUNTIME#g' -e 's/\b(runc|crun|rt): /RUNTIME: /g' -e 's/\r//g' \
        -e 's/runc (create|run) failed: //; s/unable to start container process: (error during container init: )?//'
}

# What a container may leave behind, a line each; engines and systemd make cgroups and mounts of their own, which stay.
left() {
    find /run/rt /run/runc /run/crun /run/docker/runtime-* /run/containerd/runc /run/user/*/{rt,runc,crun} -mindepth 1 -type d \
        ! -name '[.@]*' ! -path '*/.*' ! -name moby ! -name default ! -name k8s.io -printf 'state %p\n' 2>/dev/null || true
    find /sys/fs/cgroup -mindepth 1 -type d \
        \( -name '*docker-*' -o -name '*libpod-*' -o -name 'cri-*' -o -name '*box*' -o -regex '.*/[0-9a-f]*' \) -printf 'cgroup %p\n'
    grep --no-messages --no-filename --extended-regexp '^(conmon|containerd-shim|rt|rt-shim|runc|crun|sleep)$' /proc/[0-9]*/comm |
        sed 's/^/process /' || true
    awk '$5 ~ "/(docker|containers|containerd)/" && $5 !~ "/(netns/default|storage/overlay)$" { print "mount", $5 }' /proc/self/mountinfo
}

# What somebody types who is on a terminal and wants to leave it in the end; it may take the engine a while to listen.
typed_until_detached() {
    (for _ in {1..5}; do echo hello; sleep 1; done; for _ in {1..30}; do printf '\020\021'; sleep 1; done) 2>/dev/null
}

transcript() { # of the scenario in $work/script, with $runtime
    set +Ee
    trap - ERR
    local line before=$work/left.before now=$work/left.now code
    left | sort >"$before"
    while IFS= read -r line; do
        code=0
        eval "$line" </dev/null 2>"$work/errors" || code=$?
        sed 's/^/! /' "$work/errors"
        echo "[$code]"
    done <"$work/script"
    for _ in {1..20}; do
        left | sort >"$now"
        cmp -s "$before" "$now" && return
        sleep 0.25
    done
    diff "$before" "$now" | sed -n 's/^> /left: /p' || true
}

scenario() { # name pattern [need]; the commands are read from stdin
    local name=$1 pattern=$2 start differs listed reason seen
    [[ $name =~ $only ]] || return 0
    cat >"$work/script"
    if [[ $VM_KIND == here && ${3-} ]]; then
        skip "$name" "needs $3, which only the VM has"
        return
    fi
    [[ $VM_KIND == here || $scenarios == all || ${3-} ]] || return 0
    for runtime in "${runtimes[@]}"; do
        start=$(date +%s%N)
        transcript | plain >"$work/$runtime.transcript"
        seconds[$runtime]=$((seconds[$runtime] + ($(date +%s%N) - start) / 1000000))
    done
    differs=$(who_differs)
    IFS='|' read -r listed reason < <(awk -F ' *[|] *' -v name="$group: $name" '$1 == name { print $2 "|" $3 }' "$differences"; echo '|') || true
    seen=$(seen_by "$differs")
    if ! grep -qE -- "$pattern" "$work/rt.transcript"; then
        report 1 "$name" "expected under rt: $pattern"$'\n'"$seen"
    elif [[ $differs == "$(expected "$listed")" ]]; then
        report 0 "$name${differs:+ ($differs differs: $reason)}"
    elif [[ ! $differs ]]; then
        report 1 "$name" "nobody differs; $differences says that $listed does: $reason"
    else
        report 1 "$name" "$differs differs${listed:+, where only $listed should}"$'\n'"$seen"
    fi
}

who_differs() { # runc, crun, rt, all, or nothing
    cd "$work"
    if cmp -s runc.transcript rt.transcript; then
        [[ ! -e crun.transcript ]] || cmp -s crun.transcript rt.transcript || echo crun
    elif [[ ! -e crun.transcript ]]; then
        echo runc
    elif cmp -s crun.transcript rt.transcript; then
        echo runc
    elif cmp -s crun.transcript runc.transcript; then
        echo rt
    else
        echo all
    fi
}

expected() { # who is listed as differing: what who_differs then says
    case $VM_KIND-$1 in
        here-crun) ;;
        here-?*) echo runc ;;
        *) echo "$1" ;;
    esac
}

seen_by() { # who differs: rt's transcript, and against it those of others that differ
    cd "$work"
    echo "rt:"
    cat rt.transcript
    case $1 in
        runc | all | rt) against_rt runc ;;&
        crun | all) against_rt crun ;;
    esac
}

against_rt() { # runtime
    { diff -U0 rt.transcript "$1.transcript" || true; } | sed "1,2d; s/^/$1: /"
}

# Of lines that begin with a mount's place: those that hide a file or directory, or keep it from being written. By rt they have as few
# rights as there are, and files are hidden by the device of the host, not by that of the container.
masks() { grep -E "$@" '^(/proc/|/sys/firmware|/sys/devices/virtual/powercap|/sys/dev/block|/sys/fs/selinux)'; }

pid_of_box() { "$group" inspect --format '{{.State.Pid}}' box; }

frozen() { # says whether the kernel has frozen the container box
    grep frozen "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of_box)/cgroup")/cgroup.events"
}

whose() { # namespace: instead of its number, as readlink(1) has it, whose it is
    local code="$1" host box
    host=$(readlink "/proc/self/ns/$code")
    box=$(readlink "/proc/$(pid_of_box)/ns/$code")
    sed "s/^$(sed 's/[][]/\\&/g' <<<"$host")$/of the host/; s/^$(sed 's/[][]/\\&/g' <<<"$box")$/of box/; s/^$code:.*/its own/"
}

words() { # of what was refused, those that say why: each runtime has a sentence of its own around them
    tr '[:upper:]' '[:lower:]' |
        grep -oE '^starterror [0-9]+|not found in \$path|no such file|permission denied|(is|not) a directory' | sort -u
}
