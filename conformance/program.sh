#!/usr/bin/env bash
# Usage: program.sh RUNTIME PROGRAM RESULTS SECONDS. The part of run.sh inside the peers' root, the init of a pid namespace: lets
# one program of the suite judge the runtime and writes RESULTS/PROGRAM.{tap,stderr,exit}. When it ends, the kernel ends
# whatever the program left.
set -uo pipefail
results=$3/$2
PATH=$(dirname "$0"):$PATH
cd "$(dirname "$0")/suite"

RUNTIME=$1 timeout --kill-after=1 "$4" "./$2" </dev/null >"$results.tap" 2>"$results.stderr"
echo $? >"$results.exit"
