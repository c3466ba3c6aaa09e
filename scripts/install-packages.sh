#!/usr/bin/env bash
# Installs those of the named Debian packages that are missing, and does nothing where none is.
#   scripts/install-packages.sh PACKAGE...
set -euo pipefail

command -v dotnet >/dev/null || { echo "The .NET 10 SDK is missing: see https://dotnet.microsoft.com/download" >&2; exit 3; }
command -v dpkg-query >/dev/null || { echo "This is no Debian system; install by hand what these packages hold: $*" >&2; exit 0; }

missing=()
for package in "$@"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "As root: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 3; }
  as_root=(sudo)
fi
echo "Installing ${missing[*]} ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ "${as_root[@]}" apt-get update \
    && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1 \
  || { tail -n 15 "$log" >&2; echo "apt-get could not install ${missing[*]}." >&2; exit 3; }
