#!/usr/bin/env bash
# Installs the Debian packages of the named groups (run, build, test, bench) that are missing. Says which before it does,
# and asks sudo for that alone when it is not root.
set -euo pipefail
cd "$(dirname "$0")"

wanted=" $* "
missing=()
while read -r name group reason; do
    [[ -z $name || $name == \#* || $wanted != *" $group "* ]] && continue
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' && continue
    [[ ${#missing[@]} -eq 0 ]] && echo "Debian packages that are missing:" >&2
    printf '  %-16s %s\n' "$name" "$reason" >&2
    missing+=("$name")
done < packages.list
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    echo "Installing packages needs root; asking sudo for apt-get and nothing else." >&2
    as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
