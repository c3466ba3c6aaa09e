#!/usr/bin/env bash
# The main job in small: error against batch size for BN and GN on Fashion-MNIST, real images, with the figure at the end.
# Needs the .NET 10 SDK. Options go to the sweep: scripts/quickstart.sh --seeds 1
set -euo pipefail
cd "$(dirname "$0")/.."

# The faster engine's library, and the images. Where they cannot be installed, TorchSharp trains (the program says so), and the images are
# downloaded.
scripts/install-packages.sh --optional 'libdnnl*' dataset-fashion-mnist
case " $* " in
  *" --dataset"*) ;;
  *) scripts/experiments data get fashion-mnist || {
       echo "It also works with generated images: scripts/quickstart.sh --dataset synthetic" >&2
       exit 3
     } ;;
esac
exec scripts/experiments sweep configs/quick.yaml "$@"
