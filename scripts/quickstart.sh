#!/usr/bin/env bash
# The main job in small: error against batch size for BN and GN on Fashion-MNIST, real images, with the figure at the end.
# Sets up what is missing. Options go to the sweep: scripts/quickstart.sh --seeds 1
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-packages.sh 'libdnnl*' dataset-fashion-mnist
program=$(scripts/build.sh)
"$program" sweep configs/quick.yaml "$@"
