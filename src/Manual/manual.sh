#!/usr/bin/env bash
# Usage: manual.sh DIRECTORY. Makes man pages and completions there, of the date of SOURCE_DATE_EPOCH or, without it, of the commit.
set -euo pipefail
directory=$(realpath -m "$1")
cd "$(dirname "$0")/../.."
command -v dotnet >/dev/null || { echo "manual.sh: the .NET SDK 10 is missing (https://dotnet.microsoft.com/download)" >&2; exit 1; }
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat --format %Y docs/commands.md)}
dotnet build src/Manual --verbosity quiet --nologo >&2
rm -rf "$directory"
dotnet exec src/Manual/bin/Debug/net10.0/Manual.dll docs/commands.md "$directory"
