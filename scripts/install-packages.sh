#!/usr/bin/env bash
# Installs those of the named Debian packages that are missing, and does nothing where none is.
#   scripts/install-packages.sh PACKAGE...      NAME* is the newest package of a name and a version, as libdnnl* is libdnnl2 on Debian 12
set -euo pipefail

command -v dotnet >/dev/null || { echo "The .NET 10 SDK is missing: see https://dotnet.microsoft.com/download" >&2; exit 3; }
command -v dpkg-query >/dev/null || { echo "This is no Debian system; install by hand what these packages hold: $*" >&2; exit 0; }

# A package's name as a regular expression, in which NAME* is the name and a version.
pattern() { local name=${1//./\\.}; name=${name//+/\\+}; echo "${name/\*/[0-9.]+}"; }

# Whether a package is installed; of NAME*, whether one is.
installed() { dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$1" 2>/dev/null | grep -qE "^installed $(pattern "$1")\$"; }

missing=()
for package in "$@"; do
  installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "As root: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 3; }
  as_root=(sudo)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
give_up() { tail -n 15 "$log" >&2; echo "apt-get could not $1." >&2; exit 3; }

"${as_root[@]}" apt-get update </dev/null >"$log" 2>&1 || give_up "update its lists"
for index in "${!missing[@]}"; do
  name=${missing[index]}
  [[ $name == *\* ]] || continue
  missing[index]=$(apt-cache pkgnames "${name%\*}" | grep -E "^$(pattern "$name")\$" | sort -V | tail -n 1 || true)
  [ -n "${missing[index]}" ] || { echo "There is no package $name here." >&2; exit 3; }
done
echo "Installing ${missing[*]} ..."
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1 \
  || give_up "install ${missing[*]}"
