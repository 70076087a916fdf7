#!/usr/bin/env bash
# Programs of others that tests compare ours with, in $SMARTBOX_TEST_CACHE: a Python environment, and an OpenID
# provider for Node.js. Does nothing when they are there already.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh
cache=${SMARTBOX_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/smartbox-test}
mkdir -p "$cache"

# A directory is complete when it has a copy of what it was made from.
is_made_from() { cmp -s "$1" "$2"; } # is_made_from SOURCE COPY

python=$cache/python
requirements=scripts/test-requirements.txt
if ! is_made_from "$requirements" "$python/requirements.txt"; then
    echo "== installing Python packages for tests (once)" >&2
    rm -rf "$python"
    python3 -m venv "$python"
    "$python/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: -r "$requirements"
    cp "$requirements" "$python/requirements.txt"
fi

provider=$cache/oidc-provider
source=crates/smartbox-identity/tests/provider
if ! is_made_from "$source/package-lock.json" "$provider/installed.json"; then
    echo "== installing an OpenID provider for tests (once)" >&2
    rm -rf "$provider"
    mkdir -p "$provider"
    cp "$source/package.json" "$source/package-lock.json" "$provider/"
    npm ci --prefix "$provider" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
    cp "$source/package-lock.json" "$provider/installed.json"
fi
