#!/usr/bin/env bash
# Usage: run.sh [--peers] [PROGRAM...]
# Runs the OCI runtime-tools validation programs, all or those named, with bin/rt, crun and runc and prints a table of what
# they found. Fails when rt fails where crun or runc passes, when it fails and known-failures does not say why, and when
# known-failures is out of date. What crun and runc did is kept and used again; --peers has them run anew.
# All output of the programs goes to artifacts/conformance/RUNTIME/. LANES sets how many run at a time, LIMIT their seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

export LC_ALL=C
known=conformance/known-failures
exit_only="process_capabilities_fail process_rlimits_fail"
lanes=${LANES:-$(($(nproc) * 2))}
limit=${LIMIT:-60}

fail() {
    echo "conformance/run.sh: $*" >&2
    exit 1
}

# Everything from here on has mounts of its own, so that none can be left behind on the host.
if [[ ${1-} != --private ]]; then
    [[ -x bin/rt ]] || fail "bin/rt is missing, build it first"
    ((EUID == 0)) || fail "the suite starts containers, which takes root: sudo make conformance"
    [[ $(uname -m) == x86_64 ]] || fail "the suite has a root file system for x86-64 alone"
    exec unshare --mount --propagation private bash conformance/run.sh --private "$@"
fi
shift
peers_anew=''
if [[ ${1-} == --peers ]]; then
    peers_anew=yes
    shift
fi
chosen=("$@")

work='' cgroup=''
cleanup() {
    local lane
    for lane in $(jobs -p); do kill "$lane" 2>/dev/null || true; done
    if [[ -n $cgroup ]]; then
        remove_cgroup "$cgroup"
        umount "$work/cgroup"
    fi
    rm -rf --one-file-system ${work:+"$work"}
}
remove_cgroup() { # path: with all that is in it
    local try
    for try in {1..100}; do
        echo 1 >"$1/cgroup.kill"
        # What was killed leaves its cgroup only when it was reaped. (In a trap, a bare return gives the status before it.)
        find "$1" -depth -type d -exec rmdir {} + 2>/dev/null && return 0
        sleep 0.1
    done
    echo "conformance/run.sh: the cgroup ${1##*/} is still in use" >&2
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

suite=$(conformance/suite.sh)
root=$(bench/peers.sh)

# On the root's own file system, an ordinary writable one: rt then protects its binary just as it does when installed.
work=$(mktemp -d "$root/conformance.XXXXXX")
chmod 755 "$work"
install -m 755 bin/rt conformance/program.sh "$work"
cp --archive --link "$suite" "$work/suite"

mkdir "$work/cgroup"
mount -t cgroup2 cgroup2 "$work/cgroup"
mkdir "$work/cgroup/rt-conformance-$$"
cgroup=$work/cgroup/rt-conformance-$$

programs=()
for path in "$suite"/*; do
    program=${path##*/}
    [[ $program == runtimetest || $program == rootfs-* ]] || programs+=("$program")
done
for program in "${chosen[@]}"; do
    [[ -x $suite/$program ]] || fail "the suite has no program $program"
done

validate() { # runtime program: in namespaces and a cgroup of its own, with the peers' root as "/"
    local runtime=$1 program=$2 results=$1.results own=$cgroup/$1-$2 start=$EPOCHREALTIME code
    mkdir -p "$own" "$work/$results"
    rm -f "$work/$results/$program".*
    # unshare itself, which waits for the rest, stays outside.
    unshare --pid --fork --kill-child -- bash -c '
        echo 0 >"$1/cgroup.procs" || exit
        shift
        exec unshare --mount --propagation private --cgroup --ipc --uts -- bash bench/enter.sh "$@"' bash \
        "$own" "$root" bash "/${work##*/}/program.sh" "$runtime" "$program" "/${work##*/}/$results" "$limit" \
        </dev/null >"$work/$results/$program.enter" 2>&1 || true
    remove_cgroup "$own"
    code=$(cat "$work/$results/$program.exit" 2>/dev/null) || code=255
    awk -v code="$code" -v name="$program" -v exit_only="$exit_only" -f conformance/verdict.awk "$work/$results/$program.tap" |
        awk -v name="$program" -v start="$start" -v end="$EPOCHREALTIME" \
            '{ printf "%s\t%s\t%.1f\n", name, $0, end - start }' >"$work/$results/$program.line"
}

listed() { # program: sets pattern, kind and reason, as known-failures has them
    while read -r pattern kind reason; do
        # shellcheck disable=SC2053 # a pattern it is
        [[ $pattern == \#* || -z $pattern || $1 != $pattern ]] || return 0
    done <"$known"
    pattern='' kind='' reason=''
}

validate_all() { # runtime program...: a line for each to RUNTIME.tsv, all output to artifacts/conformance/RUNTIME
    local runtime=$1 program start=$SECONDS try
    shift
    for program in "$@"; do
        while (($(jobs -pr | wc -l) >= lanes)); do wait -n || true; done
        validate "$runtime" "$program" &
    done
    wait
    # On a busy machine the programs' own time limits may pass. Another try, alone, tells whether that was all.
    if [[ $runtime == rt ]]; then
        for program in "$@"; do
            for try in {1..2}; do
                listed "$program"
                [[ -z $kind && $(cut -f 2 "$work/rt.results/$program.line") != ok ]] || break
                validate rt "$program"
            done
        done
    fi
    sort "$work/$runtime.results"/*.line >"$work/$runtime.tsv"
    (($(wc -l <"$work/$runtime.tsv") == $#)) || fail "$runtime: not all programs could be run: $(cat "$work/$runtime.results"/*.enter)"
    ((${#chosen[@]})) || rm -rf "artifacts/conformance/$runtime"
    mkdir -p "artifacts/conformance/$runtime"
    cp "$work/$runtime.results"/* "artifacts/conformance/$runtime"
    echo "$runtime: $# programs in $((SECONDS - start)) s" >&2
}

validate_all rt "${chosen[@]:-${programs[@]}}"

# What the peers did does not depend on rt, but on these things.
key=$(
    {
        cat conformance/{run.sh,program.sh,verdict.awk}
        echo "$suite $(uname -r)"
        dpkg-query --admindir "$root/var/lib/dpkg" --show crun runc
        grep Cap /proc/self/status
    } | sha256sum
)
kept=${XDG_CACHE_HOME:-$HOME/.cache}/rt/conformance-peers-${key:0:12}
if [[ ! $peers_anew && -d $kept ]]; then
    cp "$kept"/*.tsv "$work"
else
    validate_all crun "${chosen[@]:-${programs[@]}}"
    validate_all runc "${chosen[@]:-${programs[@]}}"
    if ((${#chosen[@]} == 0)); then
        rm -rf "${kept%-*}"-*
        mkdir "$work/kept"
        cp "$work"/{crun,runc}.tsv "$work/kept"
        mv --no-target-directory "$work/kept" "$kept"
    fi
fi

declare -A verdict counts passes sums
for runtime in rt crun runc; do
    passes[$runtime]=0
    passed=0 failed=0 skipped=0
    while IFS=$'\t' read -r program is ok not_ok skip _; do
        [[ " ${chosen[*]:-$program} " == *" $program "* ]] || continue
        verdict[$runtime $program]=$is
        counts[$runtime $program]=$ok/$not_ok/$skip
        [[ $is != ok ]] || ((++passes[$runtime]))
        ((passed += ok, failed += not_ok, skipped += skip)) || true
    done <"$work/$runtime.tsv"
    sums[$runtime]=$passed/$failed/$skipped
done

row() { printf '%-30s  %-9s  %-12s  %-9s  %-12s  %-9s  %s\n' "$@"; }
declare -A explained=()
problems=()
row program rt "" crun "" runc "verdict and results ok/not ok/skipped"
for program in "${chosen[@]:-${programs[@]}}"; do
    row "$program" "${verdict[rt $program]}" "${counts[rt $program]}" "${verdict[crun $program]}" "${counts[crun $program]}" \
        "${verdict[runc $program]}" "${counts[runc $program]}"
    listed "$program"
    if [[ ${verdict[rt $program]} == ok ]]; then
        case $kind in
            '' | host | race) ;;
            *) problems+=("$program: rt passes, $known is out of date") ;;
        esac
        continue
    fi
    wrong=''
    for peer in crun runc; do
        [[ ${verdict[$peer $program]} != ok || $kind == suite || $kind == runc || $kind == race ]] || wrong+=", and $peer passes"
    done
    if [[ -z $kind || $wrong ]]; then
        problems+=("$program: rt fails (${verdict[rt $program]})$wrong; see artifacts/conformance/rt/$program.*")
    else
        : $((explained[$pattern]++))
    fi
done
total=${#chosen[@]}
((total)) || total=${#programs[@]}
row "$total programs" "${passes[rt]} pass" "${sums[rt]}" "${passes[crun]} pass" "${sums[crun]}" "${passes[runc]} pass" "${sums[runc]}"

known_failures=0
while read -r pattern kind reason; do
    [[ $pattern != \#* && -n $pattern ]] || continue
    compgen -G "$suite/$pattern" >/dev/null || problems+=("$pattern: no such program, $known is out of date")
    [[ ${explained[$pattern]-} ]] || continue
    ((known_failures)) || printf '\nWhy rt does not pass:\n'
    ((known_failures += explained[$pattern]))
    printf '  %-28s  %2d  %s (%s)\n' "$pattern" "${explained[$pattern]}" "$reason" "$kind"
done <"$known"
if ((${#problems[@]})); then
    printf '\nWrong:\n'
    printf '  %s\n' "${problems[@]}"
fi
printf '\n%d of %d programs pass, %d fail for a known reason, %d wrong (%d s)\n' \
    "${passes[rt]}" "$total" "$known_failures" "${#problems[@]}" "$SECONDS"
((${#problems[@]} == 0))
