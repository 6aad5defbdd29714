# shellcheck shell=bash
# To be sourced by groups: checks, and containers to check. Each check reports one line to descriptor 3, as TAP has it, and what
# was seen if it failed. A command outside of checks that fails ends the group, which then lacks its plan: finish reports that.
set -Eeuo pipefail
trap '((BASH_SUBSHELL)) || echo "# line $LINENO of ${BASH_SOURCE[0]##*/} failed: $BASH_COMMAND" >&3' ERR

checks=0 failures=0
work=$(mktemp -d /run/vm.XXXXXX)

report() { # code name seen: a check passed if the code is 0
    ((++checks))
    if (($1 == 0)); then
        echo "ok $checks - $2" >&3
    else
        ((++failures))
        echo "not ok $checks - $2" >&3
        echo "$3" | tail -n 30 | sed 's/^/#   /' >&3
    fi
}

# Commands are run by seen, into a file: what a container leaves running holds a pipe open.
seen() { # command...: sets code and output
    code=0
    "$@" </dev/null >"$work/seen" 2>&1 || code=$?
    output=$(<"$work/seen")
}

check() { # name command...: it exits with 0
    seen "${@:2}"
    report "$code" "$1" "${*:2}: exited with $code: $output"
}

exits() { # name expected command...
    seen "${@:3}"
    report $((code != $2)) "$1" "${*:3}: exited with $code, not $2: $output"
}

refused() { # name text command...: it exits with 1 and prints one line, which holds the text
    seen "${@:3}"
    [[ $code == 1 && $output != *$'\n'* && $output == *"$2"* ]] && code=0 || code=1
    report "$code" "$1" "expected: one line with \"$2\""$'\n'"${*:3}: $output"
}

equal() { # name expected seen
    local code=0
    [[ $3 == "$2" ]] || code=1
    report "$code" "$1" "expected: $2"$'\n'"seen: $3"
}

between() { # name least most seen: whole numbers
    local code=0
    [[ $4 =~ ^[0-9]+$ ]] && (($2 <= $4 && $4 <= $3)) || code=1
    report "$code" "$1" "expected: $2 to $3"$'\n'"seen: $4"
}

soon() { # command...: it succeeds within two minutes, which it takes only where the machine is slow or busy
    local end=$((SECONDS + ${PATIENCE-120}))
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}

eventually() { # name command...: it exits with 0, soon
    soon "${@:2}" >/dev/null 2>&1 || true
    check "$@"
}

# Services, of systemd's; where there is none, the programs themselves.
service() { # start, stop or restart, and docker or containerd
    if [[ -d /run/systemd/system ]]; then
        systemctl reset-failed "$2" 2>/dev/null || true # so that many restarts are not too many
        systemctl "$1" "$2"
        return
    fi
    local record=/run/started-$2 daemon=$2 ready=/run/docker.sock
    [[ $2 == containerd ]] && ready=/run/containerd/containerd.sock || daemon=dockerd
    if [[ $1 != start && -e $record ]]; then
        ! kill -0 "$(<"$record")" || kill "$(<"$record")"
        soon not kill -0 "$(<"$record")" 2>/dev/null
        rm -f "$record" "$ready"
    fi
    [[ $1 != stop ]] || return 0
    "$daemon" </dev/null >"/run/$2.log" 2>&1 3>&- &
    echo $! >"$record"
    soon test -S "$ready" || {
        tail -n 20 "/run/$2.log"
        return 1
    }
}

skip() { # name reason
    ((++checks))
    echo "ok $checks - $1 # SKIP $2" >&3
}

not() { # command...
    ! "$@"
}

# What a VM must not hold any more when its containers are gone: a line each. (Systemd's own cgroups come and go.)
remains() {
    find /run/rt -mindepth 1 -maxdepth 1 ! -name '@*' -printf 'container %f\n' 2>/dev/null || true
    find /sys/fs/cgroup -mindepth 1 \( -name '*.slice' -o -name '*.scope' -o -name '*.mount' \) -prune -o -type d -printf 'cgroup %p\n'
    awk '{ print "mount", $5 }' /proc/self/mountinfo
    find /proc -mindepth 2 -maxdepth 2 -path '/proc/[0-9]*/exe' \( -lname '*/busybox' -o -lname '*/rt' -o -lname '*(deleted)' \) \
        -printf 'process %h (%l)\n' 2>/dev/null || true
}

nothing_left() { # name: the VM holds what it held when the group began
    local now difference code=0
    now=$(remains | sort)
    difference=$(diff <(echo "$before") <(echo "$now")) || code=1
    report "$code" "$1" "$difference"
}
before=$(remains | sort)

# Containers. Their root file system is /vm/rootfs, read-only; their cgroup is /ID.
rt() { timeout --kill-after=5 120 rt "$@"; }

bundle() { # id script [filter [jq-option...]]: a bundle whose program is a shell with the script; the filter changes config.json
    local id=$1 script=$2 filter=${3-.}
    shift "$(($# < 3 ? $# : 3))"
    rm -rf "${work:?}/$id"
    mkdir "$work/$id"
    rt spec --bundle "$work/$id"
    jq --arg id "$id" --arg script "$script" "$@" '
        .process.terminal = false | .process.args = ["sh", "-c", $script] | .root.path = "/vm/rootfs"
        | .linux.cgroupsPath = "/" + $id | '"$filter" "$work/$id/config.json" >"$work/config"
    mv "$work/config" "$work/$id/config.json"
}

run() { # id: in the foreground, with its bundle
    rt run --bundle "$work/$1" "$1"
}

start() { # id: in the background, with its bundle; what it prints goes to $work/ID.out
    rt create --bundle "$work/$1" "$1" </dev/null >"$work/$1.out" 2>&1 && rt start "$1"
}

inside() { # script [filter...]: runs it in a container that goes with it
    bundle once "$@"
    run once
}

value() { # cgroup file
    cat "/sys/fs/cgroup/$1/$2"
}

field() { # cgroup file key: of a file with a line "key value" for each
    awk -v key="$3" '$1 == key { print $2 }' "/sys/fs/cgroup/$1/$2"
}

above() { # cgroup file number
    (($(value "$1" "$2") > $3))
}

is_status() { # id status
    [[ $(status "$1") == "$2" ]]
}

status() { # id
    rt state "$1" | jq -r .status
}

cleanup() {
    local id
    for id in $(rt list --quiet); do rt delete --force "$id" || true; done
    rm -rf "$work"
}
trap cleanup EXIT

finish() { # the last line of a group
    nothing_left "nothing is left of all this"
    echo "1..$checks" >&3
    exit $((failures > 0))
}
