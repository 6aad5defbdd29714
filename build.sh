#!/usr/bin/env bash
# Builds bin/rt, one static native binary. Installs what the build needs beside the .NET SDK, where it is missing.
set -euo pipefail
cd "$(dirname "$0")"

need() { # command-or-file package
    if [[ $1 == /* ]]; then [[ -e $1 ]]; else command -v "$1" >/dev/null; fi || missing+=("$2")
}
multiarch=$(gcc -print-multiarch 2>/dev/null || echo "$(uname -m)-linux-gnu")
libseccomp=/usr/lib/$multiarch/libseccomp.a
missing=()
need gcc gcc
need ld binutils
need objcopy binutils
need "/usr/include/$multiarch/bits/libc-header-start.h" libc6-dev
need /usr/include/zlib.h zlib1g-dev
need "$libseccomp" libseccomp-dev
need git git

if ((${#missing[@]})); then
    if ((EUID != 0)); then
        echo "build.sh: missing packages; as root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
command -v dotnet >/dev/null || { echo "build.sh: the .NET SDK 10 is missing (https://dotnet.microsoft.com/download)" >&2; exit 1; }

case $(uname -m) in
    x86_64) rid=linux-x64 ;;
    aarch64) rid=linux-arm64 ;;
    *) echo "build.sh: no NativeAOT for $(uname -m)" >&2; exit 1 ;;
esac

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet publish src/Runtime/Runtime.csproj --configuration Release --runtime "$rid" --output artifacts/publish \
    -p:LibseccompArchive="$libseccomp" --verbosity quiet --nologo
mkdir -p bin
install -m 755 artifacts/publish/rt bin/rt
file=$(file -b bin/rt 2>/dev/null || true)
echo "bin/rt: $(stat -c %s bin/rt) bytes${file:+, $file}"
