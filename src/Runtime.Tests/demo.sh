#!/usr/bin/env bash
# Runs the bundle at $1 and shows what its first process sees.
set -euo pipefail
cd "$(dirname "$0")/../.."
rt=$PWD/bin/rt
bundle=$1
if ((EUID != 0)); then
    echo "demo.sh: containers are started by root so far: sudo make demo" >&2
    exit 1
fi

rm -f "$bundle/config.json"
"$rt" spec --bundle "$bundle"
read -r -d '' script <<'INSIDE' || true
echo "pid 1:    $(tr '\0' ' ' </proc/1/cmdline | cut -c1-40)(this shell is pid $$)"
echo "hostname: $(hostname)"
echo "ids:      $(id)"
echo "mounts:"
mount | sed 's/^/  /'
INSIDE
sed -i -e 's/"terminal": true/"terminal": false/' -e 's/"hostname": ".*"/"hostname": "rt-demo"/' "$bundle/config.json"
printf '%s' "$script" >"$bundle/rootfs/demo.sh"
sed -i -e 's|^\t\t\t"sh"$|\t\t\t"sh", "/demo.sh"|' "$bundle/config.json"
exec "$rt" run --bundle "$bundle" "rt-demo-$$"
