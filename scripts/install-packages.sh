#!/usr/bin/env bash
# Installs those of the named Debian packages that are missing, and does nothing where none is.
#   scripts/install-packages.sh [--optional] PACKAGE...
#     NAME*         the newest of the packages that are named NAME and a version, as libdnnl* is libdnnl2 on Debian 12
#     --optional    says what could not be installed, and ends well
set -euo pipefail

command -v dotnet >/dev/null || { echo "The .NET 10 SDK is missing: see https://dotnet.microsoft.com/download" >&2; exit 3; }
failed=3
[ "${1:-}" != --optional ] || { failed=0; shift; }
command -v dpkg-query >/dev/null || {
  [ "$failed" -eq 0 ] || echo "This system is neither Debian nor Ubuntu; install by hand what these packages provide: $*" >&2
  exit 0
}

# A package's name as a regular expression, in which NAME* is the name and a version.
pattern() { local name=${1//./\\.}; name=${name//+/\\+}; echo "${name/\*/[0-9.]+}"; }

# Tells whether a package is installed. For NAME*, one of these packages is enough.
installed() { dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$1" 2>/dev/null | grep -qE "^installed $(pattern "$1")\$"; }

missing=()
for package in "$@"; do
  installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

# give_up WHY
give_up() {
  if [ "$failed" -eq 0 ]; then
    echo "$1; going on without ${missing[*]}." >&2
  else
    echo "$1; these packages are missing: ${missing[*]}." >&2
  fi
  exit "$failed"
}

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || give_up "Only root can install packages, and there is no sudo"
  as_root=(sudo)
  # Without a terminal, sudo cannot ask for the password.
  [ -t 0 ] || as_root=(sudo -n)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT

"${as_root[@]}" apt-get update </dev/null >"$log" 2>&1 || { tail -n 5 "$log" >&2; give_up "apt-get could not update its lists"; }
names=()
for name in "${missing[@]}"; do
  newest=$(apt-cache pkgnames "${name%\*}" | grep -E "^$(pattern "$name")\$" | sort -V | tail -n 1 || true)
  if [ -n "$newest" ]; then
    names+=("$newest")
  elif [ "$failed" -eq 0 ]; then
    echo "There is no package $name here; going on without it." >&2
  else
    echo "There is no package $name here." >&2
    exit 3
  fi
done
[ ${#names[@]} -gt 0 ] || exit 0
missing=("${names[@]}")
echo "Installing ${names[*]} ..."
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${names[@]}" </dev/null >"$log" 2>&1 \
  || { tail -n 15 "$log" >&2; give_up "apt-get could not install them"; }
