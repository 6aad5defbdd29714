#!/usr/bin/env bash
# Runs all tests in a mount namespace of their own, where cgroup v2 is at /sys/fs/cgroup whatever the host has there. Arguments
# go to `dotnet test`, as in: run.sh --filter Lifecycle
set -euo pipefail
cd "$(dirname "$0")/../.."
if ((EUID != 0)); then
    echo "run.sh: the integration tests start containers, which takes root: sudo make test" >&2
    exit 1
fi
missing=()
for tool in ip:iproute2 newuidmap:uidmap strace:strace mkfs.erofs:erofs-utils setpriv:util-linux unshare:util-linux \
    mandoc:mandoc man:man-db zsh:zsh fish:fish; do
    command -v "${tool%:*}" >/dev/null || missing+=("${tool#*:}")
done
if ((${#missing[@]})); then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build src/Runtime.Tests --verbosity quiet --nologo
exec unshare --mount --propagation private -- bash -c '
    set -uo pipefail
    mount -t cgroup2 none /sys/fs/cgroup || exit 1
    before=$(</sys/fs/cgroup/cgroup.subtree_control)
    dotnet test src/Runtime.Tests --no-build --nologo "$@"
    code=$?

    # The tree of cgroups is the host'"'"'s: it is left as it was.
    rmdir /sys/fs/cgroup/rt-test 2>/dev/null
    for controller in $(</sys/fs/cgroup/cgroup.subtree_control); do
        [[ " $before " == *" $controller "* ]] || echo "-$controller" >/sys/fs/cgroup/cgroup.subtree_control
    done
    exit $code' bash "$@" </dev/null
