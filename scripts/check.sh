#!/usr/bin/env bash
# The cheap checks, cheapest first.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { echo "== $*" >&2; "$@"; }

step cargo fmt --all --check
step cargo run --quiet -p xtask -- tidy
step cargo clippy --quiet --workspace --all-targets -- -D warnings
step cargo run --quiet -p xtask -- openapi --check
step cargo nextest run --workspace -E 'not (binary(real) or binary(peers))'
