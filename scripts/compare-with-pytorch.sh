#!/usr/bin/env bash
# Measures our training step against PyTorch's on this machine; sets up what is missing. --help says how.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'END'
Compares images per second of one training step, ResNet-20 on 32x32x3 images under SGD, ours and PyTorch's, on the whole machine:
  ours               a single-threaded process on every core, side by side, summed
  PyTorch            one process with all cores
  PyTorch per core   a single-threaded process on every core, side by side, summed
They are measured by turns; medians are printed, and written to results/benchmarks/pytorch.csv. The machine should do nothing else.

  scripts/compare-with-pytorch.sh [OPTIONS]

  --quick            batches 2 and 32 in fp32, batch 2 in bf16, shorter repetitions
  --batch LIST       batch sizes, separated by commas (default: 2,8,32,128)
  --norm LIST        of none, bn, ln, in, gn (8 groups) (default: bn,gn)
  --precision LIST   of fp32, bf16; what the processor cannot do is left out (default: fp32,bf16)
  --repetitions N    repetitions that the medians are over (default: 5)
  --channels-last    PyTorch's tensors in its channels_last memory format, in place of its default
  --help             this text
END
}

fail() { echo "$1" >&2; exit 2; }

# list OPTION VALUE PATTERN WHAT
list() { [[ "$2" =~ ^($3)(,($3))*$ ]] || fail "$1 takes $4, separated by commas, not '$2'."; }

options=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit ;;
    --quick | --channels-last) options+=("$1"); shift; continue ;;
    --batch | --norm | --precision | --repetitions) [ $# -gt 1 ] || fail "$1 takes a value; --help shows which." ;;
    *) fail "Unknown option '$1'; --help shows what there is." ;;
  esac
  case $1 in
    --batch) list "$1" "$2" '[1-9][0-9]{0,3}' "batch sizes from 1 to 9999" ;;
    --norm) list "$1" "$2" 'none|bn|ln|in|gn' "norms of none, bn, ln, in, gn" ;;
    --precision) list "$1" "$2" 'fp32|bf16' "fp32 and bf16" ;;
    --repetitions) [[ "$2" =~ ^[1-9][0-9]{0,3}$ ]] || fail "$1 takes a whole number from 1 to 9999, not '$2'." ;;
  esac
  options+=("$1" "$2")
  shift 2
done

scripts/install-packages.sh 'libdnnl*' python3 python3-torch python3-numpy
program=$(scripts/build.sh)
# Debian's python, whatever comes first in the path: it is the one that python3-torch belongs to.
exec /usr/bin/python3 scripts/compare_with_pytorch.py "$program" "${options[@]}"
