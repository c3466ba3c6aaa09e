#!/usr/bin/env bash
# Runs the tests, with warnings, code style and formatting as errors. The last line counts them: N passed, N failed, N skipped.
#   scripts/test.sh                 those that are done in minutes and need nothing but .NET; says at its end what it left out
#   scripts/test.sh --all           all of them, on Debian with the programs that they compare with: about 15 minutes on two cores
#   scripts/test.sh OPTIONS         options of `dotnet test`: scripts/test.sh --filter FullyQualifiedName~Norm
set -uo pipefail
cd "$(dirname "$0")/.."

all=
options=()
for option in "$@"; do
  if [ "$option" = --all ]; then all=1; else options+=("$option"); fi
done

scripts/install-packages.sh --optional 'libdnnl*' dataset-fashion-mnist || exit
left_out=
if [ -n "$all" ]; then
  scripts/install-packages.sh slurm-wlm munge faketime python3-torch python3-numpy python3-protobuf python3-crc32c python3-pandas python3-matplotlib chromium || exit
elif [[ " $* " != *" --filter"* ]]; then
  options+=(--filter 'Speed!=slow')
  left_out=$(grep -rlF 'Trait("Speed", "slow")' tests --include='*.cs' | sed 's|.*/||; s|\.cs$||' | sort | paste -sd ' ')
fi

export DOTNET_NOLOGO=1
dotnet build --verbosity quiet -nologo || { echo "0 passed, 1 failed"; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet test --no-build --nologo ${options[@]+"${options[@]}"} 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
[ -z "$left_out" ] || echo "Left out: the slow tests of ${left_out// /, }. scripts/test.sh --all installs what they need and runs them too."
# One line a project: "Passed!  - Failed: 0, Passed: 6, Skipped: 0, Total: 6, ..."
awk '/ - Failed: +[0-9]+, Passed: +[0-9]+, Skipped: +[0-9]+/ {
       gsub(/,/, "")
       for (i = 1; i < NF; i++) { if ($i == "Failed:") f += $(i + 1); if ($i == "Passed:") p += $(i + 1); if ($i == "Skipped:") s += $(i + 1) } }
     END { printf "%d passed, %d failed, %d skipped\n", p, f, s }' "$log"
exit "$status"
