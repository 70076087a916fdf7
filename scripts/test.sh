#!/usr/bin/env bash
# `make test`: everything. Needs root, because boxes are real here.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh
step() { echo "== $*" >&2; "$@"; }

if [[ $(id -u) -ne 0 ]]; then
    echo "error: the tests start real boxes, which needs root" >&2
    echo "help: sudo env PATH=\"\$PATH\" make test" >&2
    exit 1
fi
scripts/packages.sh run build test

# Nothing of the caller's settings may reach a test.
for name in $(compgen -e | grep -E '^(SMARTBOX_|(AI_GATEWAY|ANTHROPIC|OPENAI|CF_ACCESS|R2|AWS|RESTIC)_|(SUPABASE_JWT|MOLTBOT_SIGNING)_SECRET$|LISTEN_ADDR$|CF_ACCOUNT_ID$|DATABASE_URL$|PG[A-Z]+$)' | grep -v '^SMARTBOX_TEST_'); do
    unset "$name"
done
# Runtimes and images are built once and kept outside the checkout.
export SMARTBOX_TEST_CACHE=${SMARTBOX_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/smartbox-test}
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
mkdir -p "$SMARTBOX_TEST_CACHE"

scripts/check.sh
step scripts/test-python.sh
step scripts/with-postgres.sh cargo nextest run --workspace -E 'binary(peers)'
step scripts/test-postgres.sh
step cargo build --quiet -p smartbox -p smartbox-boxd
target=${CARGO_TARGET_DIR:-$PWD/target}
echo "== installing the agent runtime and the box image for tests (once)" >&2
SMARTBOX_STORE_DIR=$SMARTBOX_TEST_CACHE/store SMARTBOX_DATA_DIR=$SMARTBOX_TEST_CACHE/setup "$target/debug/smartbox" setup
step scripts/with-postgres.sh cargo nextest run --workspace -E 'binary(real)' --test-threads 1
step web/e2e/run.sh
