#!/usr/bin/env bash
# Runs all tests; sets up what is missing. Builds with warnings as errors, code style and formatting included.
# The last line counts them: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/.."

scripts/install-packages.sh 'libdnnl*' gnuplot-nox dataset-fashion-mnist faketime python3-torch python3-numpy python3-protobuf python3-crc32c slurm-wlm munge || exit
dotnet build --verbosity quiet -nologo || { echo "0 passed, 1 failed"; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet test --no-build --nologo "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
# One line a project: "Passed!  - Failed: 0, Passed: 6, Skipped: 0, Total: 6, ..."
awk '/ - Failed: +[0-9]+, Passed: +[0-9]+, Skipped: +[0-9]+/ {
       gsub(/,/, "")
       for (i = 1; i < NF; i++) { if ($i == "Failed:") f += $(i + 1); if ($i == "Passed:") p += $(i + 1); if ($i == "Skipped:") s += $(i + 1) } }
     END { printf "%d passed, %d failed, %d skipped\n", p, f, s }' "$log"
exit "$status"
