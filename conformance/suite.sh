#!/usr/bin/env bash
# Prints the path of the built suite, one folder with the validation programs and what they look for beside themselves:
# runtimetest, which runs inside the containers, and the tarball with these containers' root file system. Builds it if it is
# missing, in a Debian root that is thrown away afterwards. As root.
set -euo pipefail
cd "$(dirname "$0")/.."

name=golang-github-opencontainers-runtime-tools
tarball=${name}_0.9.0.109.ge931285.orig.tar.xz
checksum=SHA256:203989a1ea98cf2aaced79155bbda09270b20db19b03376dde91ab12e5e6a0fe

# What is built depends on these two files alone, so a change of theirs makes it anew.
key=$(cat conformance/suite.sh conformance/tap-go/tap.go | sha256sum)
suite=${XDG_CACHE_HOME:-$HOME/.cache}/rt/conformance-suite-${key:0:12}
if [[ -d $suite ]]; then
    echo "$suite"
    exit
fi

fail() {
    echo "conformance/suite.sh: $*" >&2
    exit 1
}
mkdir -p "${suite%/*}"
building=$(mktemp -d "$suite.XXXXXX")
trap 'rm -rf --one-file-system "$building"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# apt knows the mirrors, and brings the program that fetches from them.
for mirror in $(apt-get indextargets --format '$(REPO_URI)' | sort -u); do
    /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "${mirror%/}/pool/main/g/$name/$tarball" \
        "$building/$tarball" "$checksum" >"$building/log" 2>&1 && break
done
[[ -s $building/$tarball ]] || fail "no mirror has $tarball: $(tail -n 1 "$building/log")"

packages=(xz-utils golang-go golang-gocapability-dev
    golang-github-{blang-semver,google-uuid,hashicorp-go-multierror,mrunalp-fileutils,opencontainers-runtime-tools}-dev
    golang-github-{opencontainers-selinux,sirupsen-logrus,urfave-cli,xeipuuv-gojsonschema}-dev)
bench/debian.sh trixie "$building/root" "$(IFS=,; echo "${packages[*]}")"

mkdir -p "$building"/root/build/src/github.com/{opencontainers/runtime-tools,mndrix/tap-go}
cp conformance/tap-go/tap.go "$building/root/build/src/github.com/mndrix/tap-go"
mv "$building/$tarball" "$building/root/build/tarball"

unshare --mount --propagation private bash -s "$building/root" >&2 <<'END'
set -euo pipefail
mount -t proc proc "$1/proc"
exec chroot "$1" env -i PATH=/usr/bin HOME=/root GOPATH=/build:/usr/share/gocode GO111MODULE=off GOTOOLCHAIN=local \
    CGO_ENABLED=0 sh -ec '
        mkdir /suite
        cd /build/src/github.com/opencontainers/runtime-tools
        tar -xf /build/tarball --strip-components=1
        go build -trimpath -ldflags "-s -w" -o /suite/ ./cmd/runtimetest $(go list ./validation/... | grep -v "/util$")
        cp rootfs-*.tar.gz /suite'
END

# Suites of other versions are of no more use.
rm -rf "${suite%-*}"-????????????
mv --no-target-directory "$building/root/suite" "$suite"
echo "$suite"
