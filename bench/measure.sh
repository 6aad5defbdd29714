#!/usr/bin/env bash
# Usage: measure.sh RUNS. The part of run.sh inside the peers' root: measures, writes bench.json and report.md beside
# itself, and its progress to stderr.
set -euo pipefail
cd "$(dirname "$0")"
PATH=$PWD:$PATH

# The commands take turns in rounds, so that what else the machine does hits all of them alike.
rounds=10
warmup=2
share() { # runs of one command in one round
    local runs=$(($1 / rounds))
    echo $((runs > 0 ? runs : 1))
}
run_runs=$(share "$1")
lifecycle_runs=$(share $(($1 * 3 / 10)))
runc_runs=$(share $(($1 * 3 / 20)))
debug_runs=$runc_runs

mkdir -p default/rootfs/{bin,proc,sys,dev}
cp "$(command -v busybox)" default/rootfs/bin/busybox
ln -s busybox default/rootfs/bin/true
ln -s busybox default/rootfs/bin/sleep
runc spec --bundle default
jq '.process.terminal = false | .process.args = ["/bin/true"]' default/config.json >config.json
mv config.json default/config.json
cp -a default seccomp
jq --arg arch "$(dpkg --print-architecture)" --slurpfile config default/config.json --from-file seccomp.jq \
    /usr/share/containers/seccomp.json >seccomp/config.json

# The limits that Docker is mostly asked for. Their controllers are in v1's trees on many a host that has both versions.
cp -a default limits
jq '.linux.resources = {
        devices: [{allow: false, access: "rwm"}], pids: {limit: 100},
        memory: {limit: 536870912, reservation: 268435456, swap: 1073741824},
        cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0"}
    }' default/config.json >limits/config.json

# One that stays, for its parent to be looked at.
cp -a default idle
jq '.process.args = ["/bin/busybox", "sleep", "1000"]' default/config.json >idle/config.json

# Each sample is a line of JSON in samples: what was measured, and the values.
within=() # what runs hyperfine
sample() { # bundle kind name runs shell command
    "${within[@]}" hyperfine --style none --warmup "$warmup" --runs "$4" --shell "$5" --export-json times.json "$6"
    jq -c '{path: $ARGS.positional, values: [.results[].measurements[].time_wall_clock.value * 1000]}' \
        --args "$1" "$2" "$3" <times.json >>samples
}

memory() { # bundle name command...: peak KiB of the runtime or of one of its children, the largest counts
    local bundle=$1 name=$2
    shift 2
    rm -f memory
    for _ in {1..10}; do
        command time --quiet --append --output memory --format %M "$@" </dev/null
    done
    jq -c -s '{path: $ARGS.positional, values: .}' --args "$bundle" memory "$name" <memory >>samples
}

parents() { # name prefix count: memory of what stays with so many containers, in KiB, that of the largest and of all
    local name=$1 id pid pids=()
    for ((i = 1; i <= $3; i++)); do
        id=$2-$i
        case $name in
            rt)
                rt run --detach --bundle idle "$id" </dev/null >/dev/null 2>&1
                read -r _ _ _ pid _ <"/proc/$(rt state "$id" | jq .pid)/stat"
                ;;
            conmon)
                mkfifo "$id.created" # says so
                _OCI_SYNCPIPE=3 conmon --cid "$id" --cuuid "$id" --name "$id" --runtime "$(command -v crun)" --bundle "$PWD/idle" \
                    --container-pidfile "$PWD/$id.pid" --conmon-pidfile "$PWD/$id.conmon" --exit-dir "$PWD" \
                    --socket-dir-path "$PWD" --log-path "k8s-file:$PWD/$id.log" </dev/null 3>"$id.created" &
                read -r -n 1 _ <"$id.created"
                crun start "$id"
                pid=$(<"$id.conmon")
                ;;
        esac
        pids+=("$pid")
    done
    sleep 0.5 # what is needed to start is let go of
    for pid in "${pids[@]}"; do
        awk '/^Pss:/ { pss = $2 } /^Private_(Clean|Dirty):/ { private += $2 } END { print private, pss }' "/proc/$pid/smaps_rollup"
    done | jq -c -s -R '[splits("\n") | select(. != "") | [splits(" ") | tonumber]]
        | {path: $ARGS.positional, values: [{private: (map(.[0]) | max), private_all: (map(.[0]) | add), pss_all: (map(.[1]) | add)}]}' \
        --args parents "$name" "$3" >>samples
    for ((i = 1; i <= $3; i++)); do
        case $name in
            rt) rt delete --force "$2-$i" ;;
            conmon) crun delete --force "$2-$i" ;;
        esac
    done
}

# Once in plain sight: hyperfine would hide why a runtime does not take a bundle.
for bundle in default seccomp; do
    for runtime in crun runc rt; do
        "$runtime" run --bundle "$bundle" check </dev/null >&2
    done
done

# A container of each runtime that stays, for exec.
for bundle in default seccomp; do
    mkdir "$bundle-held"
    jq --arg rootfs "$PWD/$bundle/rootfs" '.root.path = $rootfs | .process.args = ["/bin/sleep", "100000"]' \
        "$bundle/config.json" >"$bundle-held/config.json"
    for runtime in crun runc rt; do
        "$runtime" run --detach --bundle "$bundle-held" "held-$bundle-$runtime" </dev/null >held.log 2>&1 ||
            { cat held.log >&2; exit 1; }
    done
done

for ((round = 1; round <= rounds; round++)); do
    echo "round $round of $rounds" >&2
    sample default run floor "$run_runs" none "floor $PWD/default/rootfs /bin/true"
    for bundle in default seccomp; do
        for runtime in crun rt runc; do
            runs=$run_runs cycles=$lifecycle_runs
            if [[ $runtime == runc ]]; then runs=$runc_runs cycles=$runc_runs; fi
            sample "$bundle" run "$runtime" "$runs" none "$runtime run --bundle $bundle bench"
            # As engines do it, who name a pid file. hyperfine takes the shell's own time off.
            sample "$bundle" lifecycle "$runtime" "$cycles" default \
                "$runtime create --pid-file pid --bundle $bundle bench && $runtime start bench && $runtime delete --force bench"
            sample "$bundle" exec "$runtime" "$runs" none "$runtime exec held-$bundle-$runtime /bin/true"
        done
        for option in --no-shim ''; do
            sample "$bundle" by_hand "shim$option" "$lifecycle_runs" default \
                "rt create $option --bundle $bundle bench && rt start bench && rt delete --force bench"
        done
        # The same runs tell their phases and what was spent before the first of them.
        sample "$bundle" debug rt "$debug_runs" none \
            "rt --debug --log log run --bundle $bundle bench"
        # Without the warm-up, so that the n-th line belongs to the n-th measured run.
        grep microseconds log | tail -n "$debug_runs" >>"$bundle.timeline"
        rm log
    done
    for layout in none v2 v1; do
        within=(unshare --mount --propagation private ./cgroups.sh "$layout")
        sample cgroups "$layout" rt "$run_runs" none "rt run --bundle default bench"
        # Without cgroups, crun needs to be told so and is not dependable.
        [[ $layout == none ]] || sample cgroups "$layout" crun "$run_runs" none "crun run --bundle default bench"
    done
    for runtime in rt crun; do sample cgroups limits "$runtime" "$run_runs" none "$runtime run --bundle limits bench"; done
    within=()
done

echo "memory" >&2
memory default floor floor "$PWD/default/rootfs" /bin/true
for bundle in default seccomp; do
    for runtime in crun runc rt; do "$runtime" delete --force "held-$bundle-$runtime"; done
    for runtime in crun rt runc; do
        memory "$bundle" "$runtime" "$runtime" run --bundle "$bundle" bench
    done
done

echo "parents" >&2
for runtime in rt conmon; do
    parents "$runtime" one 1
    parents "$runtime" many 100
done

jq -n --arg kernel "$(uname -r)" --arg cpus "$(nproc)" --arg runs "$1" \
    --arg rt "$(rt --version | head -n 1)" --arg crun "$(crun --version | head -n 1)" \
    --arg runc "$(runc --version | head -n 1)" \
    --slurpfile samples samples --rawfile default default.timeline --rawfile seccomp seccomp.timeline \
    --from-file summary.jq >bench.json
jq -r --from-file report.jq bench.json >report.md
