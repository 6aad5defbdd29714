#!/usr/bin/env bash
# Measures bin/rt against crun, runc and the floor (floor.c) and prints a report in Markdown; the figures go to
# artifacts/bench.json. RUNS sets the measured runs of `run` (200); the slower commands get a share of it.
# The peers are in the Debian root that peers.sh makes.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "bench/run.sh: $*" >&2
    exit 1
}

# Everything from here on has mounts of its own, so that none can be left behind on the host.
if [[ ${1-} != --private ]]; then
    [[ -x bin/rt ]] || fail "bin/rt is missing, build it first"
    missing=()
    command -v gcc >/dev/null || missing+=(gcc)
    [[ -e /usr/include/$(gcc -print-multiarch 2>/dev/null)/bits/libc-header-start.h ]] || missing+=(libc6-dev)
    if ((EUID != 0)); then
        fail "needs root${missing[*]:+; missing packages: ${missing[*]}}"
    fi
    if ((${#missing[@]})); then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    fi
    exec unshare --mount --propagation private bash bench/run.sh --private
fi

work='' cgroup=''
cleanup() {
    if [[ -n $cgroup ]]; then
        echo 1 >"$cgroup/cgroup.kill"
        # What was killed leaves its cgroup only when it was reaped.
        for _ in {1..50}; do
            find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null && break
            sleep 0.1
        done
        [[ ! -d $cgroup ]] || echo "bench/run.sh: the cgroup ${cgroup##*/} is still in use" >&2
        umount "$work/cgroup"
    fi
    rm -rf --one-file-system ${work:+"$work"}
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

root=$(bench/peers.sh)

mkdir -p artifacts/bench
gcc -O2 -static -o artifacts/bench/floor bench/floor.c

# On the root's own file system, an ordinary writable one: rt then protects its binary just as it does when installed.
work=$(mktemp -d "$root/bench.XXXXXX")
install -m 755 bin/rt artifacts/bench/floor bench/{measure,cgroups}.sh "$work"
install -m 644 bench/seccomp.jq bench/summary.jq bench/report.jq "$work"

# All cgroups of the runtimes are made below this one, where cleanup finds them.
mkdir "$work/cgroup"
mount -t cgroup2 cgroup2 "$work/cgroup"
mkdir "$work/cgroup/rt-bench-$$"
cgroup=$work/cgroup/rt-bench-$$

# In the background, so that a signal is not held up until the measurements are over.
(
    echo "$BASHPID" >"$cgroup/cgroup.procs"
    exec unshare --mount --propagation private --cgroup \
        bash bench/enter.sh "$root" bash "/${work##*/}/measure.sh" "${RUNS:-200}"
) &
wait $!

cp "$work/bench.json" artifacts/bench.json
cat "$work/report.md"
