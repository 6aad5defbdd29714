#!/usr/bin/env bash
# The package in a Debian root of its own: lintian finds no errors; it installs, is upgraded while a container runs, which goes on,
# and is removed and purged without a trace. As root. The root is kept in ~/.cache/rt; what is done to it is not.
set -euo pipefail
cd "$(dirname "$0")/.."
if ((EUID != 0)); then
    echo "deb-test.sh: installing a package, and starting containers, takes root: sudo make deb-test" >&2
    exit 1
fi
[[ ${1-} == --private ]] || exec unshare --mount --propagation private bash packaging/deb-test.sh --private
# shellcheck source=vm/packages.sh
source vm/packages.sh
need lintian lintian unshare util-linux

release=bookworm
root=${XDG_CACHE_HOME:-$HOME/.cache}/rt/deb-root-$release
bench/debian.sh "$release" "$root" man-db
package=$(readlink -f artifacts/rt_*_"$(dpkg --print-architecture)".deb | sort --version-sort | tail -n 1)
work=$(mktemp -d)
cgroup=''
cleanup() {
    if [[ -n $cgroup ]]; then
        echo 1 >"$cgroup/cgroup.kill"
        # What was killed leaves its cgroup only when it was reaped.
        for _ in {1..50}; do
            find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null && break
            sleep 0.1
        done
        [[ ! -d $cgroup ]] || echo "deb-test.sh: the cgroup ${cgroup##*/} is still in use" >&2
        umount "$work/cgroup"
    fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

lintian --fail-on error --tag-display-limit 0 "$package"
packaging/deb.sh 0.0.1 >/dev/null
mv "artifacts/rt_0.0.1_$(dpkg --print-architecture).deb" "$work/old.deb"
cp "$package" "$work/new.deb"
src/Runtime.Tests/busybox.sh "$work/bundle"
bin/rt spec --bundle "$work/bundle"
sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"sleep", "600"/' "$work/bundle/config.json"
cp packaging/deb-guest.sh "$work/guest.sh"

# Changes go to a tmpfs over the root, and the root's cgroups are below one of ours.
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root "$work/cgroup"
mount -t overlay overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
mkdir /mnt/root/pkg
cp -a "$work"/{old.deb,new.deb,bundle,guest.sh} /mnt/root/pkg
mount -t cgroup2 cgroup2 "$work/cgroup"
mkdir "$work/cgroup/rt-deb-$$"
cgroup=$work/cgroup/rt-deb-$$
(
    echo "$BASHPID" >"$cgroup/cgroup.procs"
    exec timeout 300 unshare --mount --pid --cgroup --fork --kill-child --propagation private \
        bash bench/enter.sh /mnt/root bash /pkg/guest.sh
)
echo "the package $(basename "$package") installs, upgrades, removes and purges"
