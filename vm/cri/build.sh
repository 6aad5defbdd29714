#!/usr/bin/env bash
# Prints the path of the built client of Kubernetes' CRI, one static program. Builds it if it is missing, in a Debian root that is
# thrown away afterwards, from the libraries that Debian has. As root.
set -euo pipefail
cd "$(dirname "$0")/../.."

# What is built depends on these files alone, so a change of theirs makes it anew.
key=$(cat vm/cri/*.go vm/cri/build.sh | sha256sum)
client=${XDG_CACHE_HOME:-$HOME/.cache}/rt/vm-cri-${key:0:12}
if [[ -f $client ]]; then
    echo "$client"
    exit
fi
echo "vm/cri/build.sh: building the CRI client, once; it takes a minute or two" >&2

mkdir -p "${client%/*}"
building=$(mktemp -d "$client.XXXXXX")
trap 'rm -rf --one-file-system "$building"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

bench/debian.sh trixie "$building/root" \
    golang-go,golang-github-kubernetes-cri-api-dev,golang-google-grpc-dev,golang-github-docker-spdystream-dev
mkdir -p "$building/root/build/src/cri"
cp vm/cri/*.go "$building/root/build/src/cri"

unshare --mount --propagation private bash -s "$building/root" >&2 <<'END'
set -euo pipefail
mount -t proc proc "$1/proc"
exec chroot "$1" env -i PATH=/usr/bin HOME=/root GOPATH=/build:/usr/share/gocode GO111MODULE=off GOTOOLCHAIN=local \
    CGO_ENABLED=0 sh -ec '
        cd /build/src/cri
        unformatted=$(gofmt -l .)
        [ ! "$unformatted" ] || { echo "vm/cri/build.sh: gofmt would change: $unformatted"; exit 1; }
        go vet .
        go build -trimpath -ldflags "-s -w" -o /cri .'
END

# Programs of other versions are of no more use.
rm -f "${client%-*}"-????????????
mv --no-target-directory "$building/root/cri" "$client"
echo "$client"
