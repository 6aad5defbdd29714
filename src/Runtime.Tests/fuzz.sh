#!/usr/bin/env bash
# Feeds every parser with many inputs that a generator makes of valid ones: RT_FUZZ_CASES of them in all, a million by default.
# Prints what came of them. The same RT_FUZZ_SEED makes the same inputs.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export RT_FUZZ_CASES=${RT_FUZZ_CASES:-1000000} RT_FUZZ_REPORT=$PWD/artifacts/fuzz.txt
mkdir -p artifacts
printf '%-24s%10s%10s%10s%13s%10s\n' parser cases refused accepted 'slowest, ms' 'most KiB' >"$RT_FUZZ_REPORT"
code=0
dotnet test src/Runtime.Tests --nologo --filter FullyQualifiedName~FuzzTests || code=$?
cat "$RT_FUZZ_REPORT"
exit $code
