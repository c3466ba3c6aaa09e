#!/usr/bin/env bash
# Measures our training step against TorchSharp's own on this machine; builds what it needs. --help says how.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'END'
Compares images per second of one training step, ResNet-20 on 32x32x3 images under SGD, on the whole machine:
  onednn, torch      our engines: a single-threaded process on every core, side by side, summed
  TorchSharp         its own layers and optimizer: one process with all cores, and a single-threaded process on every core;
                     each with its memory left as it is and with glibc told to keep what is freed, of which the faster counts
They are measured by turns; medians are printed, and written to results/benchmarks/comparison.csv. The machine should do nothing
else: if the repetitions of a measurement differ by more than half their median, or if other programs use more than a tenth of
the machine, no file is written.

  scripts/compare.sh [OPTIONS]

  --quick            batches 2 and 32, three repetitions of a second; written to comparison-quick.csv
  --batch LIST       batch sizes, separated by commas (default: 2,8,32,128)
  --norm LIST        of none, bn, ln, in, gn (8 groups) (default: bn,gn)
  --precision LIST   of fp32, bf16, for our engines; TorchSharp computes in fp32 (default: fp32)
  --repetitions N    repetitions that the medians are over, at least 2 (default: 5)
  --pytorch          Debian's PyTorch too (python3-torch, which is installed); in bf16 rows the faster of fp32 and autocast
  --force            write the CSV although something disturbed a measurement, and mark its rows
  --help             this text
END
}

fail() { echo "$1" >&2; exit 2; }

# list OPTION VALUE PATTERN WHAT
list() { [[ "$2" =~ ^($3)(,($3))*$ ]] || fail "$1 takes $4, separated by commas, not '$2'."; }

packages=('libdnnl*')
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit ;;
    --pytorch) packages+=(python3-torch python3-numpy); options+=("$1"); shift; continue ;;
    --quick | --force) options+=("$1"); shift; continue ;;
    --batch | --norm | --precision | --repetitions) [ $# -gt 1 ] || fail "$1 takes a value; --help shows which." ;;
    *) fail "Unknown option '$1'; --help shows what there is." ;;
  esac
  case $1 in
    --batch) list "$1" "$2" '[1-9][0-9]{0,3}' "batch sizes from 1 to 9999" ;;
    --norm) list "$1" "$2" 'none|bn|ln|in|gn' "norms of none, bn, ln, in, gn" ;;
    --precision) list "$1" "$2" 'fp32|bf16' "fp32 and bf16" ;;
    # A single repetition does not show whether something disturbed it.
    --repetitions) [[ "$2" =~ ^([2-9]|[1-9][0-9]{1,3})$ ]] || fail "$1 takes a whole number from 2 to 9999, not '$2'." ;;
  esac
  options+=("$1" "$2")
  shift 2
done

[ -r /proc/stat ] || { echo "This needs Linux: it reads in /proc/stat what others do on the machine meanwhile." >&2; exit 3; }
scripts/install-packages.sh --optional "${packages[@]}"
scripts/experiments --version >/dev/null
echo "Building the benchmarks ..." >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
DOTNET_NOLOGO=1 dotnet build tests/Benchmarks --configuration Release --verbosity quiet -nologo >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
rm -f "$log"
exec dotnet tests/Benchmarks/bin/Release/net10.0/Benchmarks.dll compare "$PWD" ${options[@]+"${options[@]}"}
