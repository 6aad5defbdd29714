#!/usr/bin/env bash
# The package in a Debian root of its own: lintian finds no errors; it installs, is upgraded while a container runs, which goes on,
# and is removed and purged without a trace. As root. The root is kept in ~/.cache/rt; what is done to it is not.
set -euo pipefail
cd "$(dirname "$0")/.."
if ((EUID != 0)); then
    echo "deb-test.sh: installing a package, and starting containers, takes root: sudo make deb-test" >&2
    exit 1
fi
# shellcheck source=vm/packages.sh
source vm/packages.sh
need lintian lintian unshare util-linux

release=bookworm
root=${XDG_CACHE_HOME:-$HOME/.cache}/rt/deb-root-$release
bench/debian.sh "$release" "$root" man-db
package=$(readlink -f artifacts/rt_*_"$(dpkg --print-architecture)".deb | sort --version-sort | tail -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

lintian --fail-on error --tag-display-limit 0 "$package"
packaging/deb.sh 0.0.1 >/dev/null
mv "artifacts/rt_0.0.1_$(dpkg --print-architecture).deb" "$work/old.deb"
cp "$package" "$work/new.deb"
src/Runtime.Tests/busybox.sh "$work/bundle"
bin/rt spec --bundle "$work/bundle"
sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"sleep", "600"/' "$work/bundle/config.json"
cp packaging/deb-guest.sh "$work/guest.sh"

# Changes go to a tmpfs over the root.
timeout 300 unshare --mount --pid --cgroup --fork --kill-child --propagation private bash -euc '
    mount -t tmpfs tmpfs /mnt
    mkdir /mnt/upper /mnt/work /mnt/root
    mount -t overlay overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
    mkdir /mnt/root/pkg
    cp -a "$2/." /mnt/root/pkg
    exec bench/enter.sh /mnt/root bash /pkg/guest.sh' bash "$root" "$work"
echo "the package $(basename "$package") installs, upgrades, removes and purges"
