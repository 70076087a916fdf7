#!/usr/bin/env bash
# `make run`: from a fresh Debian machine to a running platform. Extra arguments go to `smartbox up`.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh

scripts/packages.sh run build

echo "Building smartbox (a first build takes some minutes) …" >&2
cargo build --release --quiet -p smartbox -p smartbox-boxd

export SMARTBOX_DATA_DIR=${SMARTBOX_DATA_DIR:-$PWD/.smartbox}
program=target/release/smartbox
[[ -n ${CARGO_TARGET_DIR:-} ]] && program=$CARGO_TARGET_DIR/release/smartbox
if [[ $(id -u) -eq 0 ]]; then
    exec "$program" up "$@"
fi
cat >&2 <<'WHY'
Starting smartbox needs root, for three things: the namespaces and cgroups that keep boxes apart (runc), giving each
box's disk to user ids of its own, and building the boxes' root image. Asking sudo for this one program.
WHY
# Only what the settings use goes along; keys travel in the environment, never in an argument.
keep=$(compgen -e | grep -E '^(SMARTBOX_|(AI_GATEWAY|ANTHROPIC|OPENAI|CF_ACCESS)_|(SUPABASE_JWT|MOLTBOT_SIGNING)_SECRET$|LISTEN_ADDR$|NO_COLOR$)' | paste -sd, -)
exec sudo --preserve-env="$keep,PATH" "$program" up "$@"
