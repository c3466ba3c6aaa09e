#!/usr/bin/env bash
# Builds the program once and prints where it is, for scripts that start it many times.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "Building ..." >&2
dotnet build src/Experiments --configuration Release --verbosity quiet -nologo >&2
echo "$PWD/src/Experiments/bin/Release/net10.0/Experiments"
