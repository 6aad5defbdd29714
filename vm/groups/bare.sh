#!/usr/bin/env bash
# The runtimes themselves, without an engine: the same commands under rt and runc, in whose words engines look for what is wrong. crun
# has sentences of its own.
# vm: mini-v2 here
# seconds: 1200
# shellcheck source=vm/lib.sh
source /vm/lib.sh
# shellcheck source=vm/compare.sh
source /vm/compare.sh
runtimes=(runc rt)

# What an engine gets of a command: its output, the exit code, and the last error in the log that it asked for. rt says more than the
# words that engines look for: which container, and what an id may consist of.
oci() { # argument...
    local code=0
    rm -f log
    "${paths[$runtime]}" --root "/run/$runtime" --log "$work/log" --log-format json "$@" 2>/dev/null || code=$?
    [[ ! -s log ]] || jq --raw-output 'select(.level == "error") | "error: \(.msg)"' log | tail -n 1 |
        sed -E 's/(does not exist|already exists|not running): (box|nobody)$/\1/; s/(invalid container ID format): .*/\1/'
    return "$code"
}
prepare() { # script [filter]: a bundle
    rm -rf box
    mkdir box
    rt spec --bundle box
    jq --arg script "$1" '.process.terminal = false | .process.args = ["sh", "-c", $script] | .root.path = "/vm/rootfs"
        | .linux.cgroupsPath = "/box" | '"${2-.}" box/config.json >config && mv config box/config.json
}
state() {
    oci state box >state || { cat state && return 1; }
    jq -c '[.ociVersion[:2], .id, (.pid > 0), .status, (.bundle | split("/")[-1]), .annotations]' state
}
stopped() { soon eval '[[ $(oci state box) == *stopped* ]]'; }
gone() { oci delete --force box; }
cd "$work"

# shellcheck source=vm/scenarios/bare.sh
source /vm/scenarios/bare.sh

echo "# milliseconds of all scenarios: runc ${seconds[runc]}, rt ${seconds[rt]}" >&3
finish
