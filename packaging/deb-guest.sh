#!/usr/bin/env bash
# Runs in the Debian root, where /pkg has an old and a new package and a bundle.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
fail() { echo "deb-test: $*" >&2; exit 1; }
snapshot() { find / -xdev \( -path /pkg -o -path /var/lib/dpkg -o -path /var/cache/man -o -path '/var/log/*' \) -prune -o -print | sort; }
status() { rt state box | sed -n 's/.*"status": "\(.*\)".*/\1/p'; }

snapshot >/pkg/before
dpkg --install /pkg/old.deb
[[ $(dpkg-query --show --showformat '${Version}' rt) == 0.0.1 ]] || fail "the old package is not installed"
dpkg --verify rt
rt --version
man --where rt-create >/dev/null || fail "no man page rt-create(8)"
rt doctor >/dev/null || fail "rt doctor says that no containers can be started"

rt run --detach --bundle /pkg/bundle box </dev/null >/dev/null 2>&1
pid=$(rt state box | sed -n 's/.*"pid": \([0-9]*\).*/\1/p')
dpkg --install /pkg/new.deb
[[ $(status) == running ]] || fail "the container does not run any more after the upgrade"
[[ $(rt state box) == *"\"pid\": $pid,"* ]] || fail "the container has another init after the upgrade"
[[ $(rt exec box echo inside) == inside ]] || fail "rt exec after the upgrade"
rt kill box KILL
code=0
rt wait box || code=$?
[[ $code == 137 ]] || fail "the old rt's shim told the new one the exit code $code"
rt delete box

dpkg --remove rt
[[ ! -e /usr/bin/rt ]] || fail "rt is there after it was removed"
dpkg --purge rt
snapshot >/pkg/after
diff /pkg/before /pkg/after || fail "this was left"
