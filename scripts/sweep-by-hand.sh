#!/usr/bin/env bash
# A sweep as a shell loop: every run adds to one runs.csv, and `plot` reads it as it reads a sweep's.
#   scripts/sweep-by-hand.sh [FOLDER [OPTIONS OF train]]
set -euo pipefail
experiments=$(dirname "$0")/experiments
folder=${1:-results/by-hand}
shift || true

# Ctrl+C does not reach what a script starts in the background, so it is passed on.
trap 'kill "${bn:-}" "${gn:-}" 2>/dev/null; wait; exit 130' INT TERM

for seed in 1 2; do
  for batch in 16 4; do
    # Two runs side by side, each on one thread.
    "$experiments" train --norm bn --batch "$batch" --seed "$seed" --epochs 1 --train-limit 2000 --out "$folder" "$@" & bn=$!
    "$experiments" train --norm gn --batch "$batch" --seed "$seed" --epochs 1 --train-limit 2000 --out "$folder" "$@" & gn=$!
    wait "$bn"
    wait "$gn"
  done
done
"$experiments" plot "$folder"
