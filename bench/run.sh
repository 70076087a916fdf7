#!/usr/bin/env bash
# Prints speed and size as ratios. Builds the release first; needs root and the packages of `make packages`.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ $(id -u) -eq 0 ]] || { echo "error: boxes need root; run: sudo env PATH=\"\$PATH\" make bench" >&2; exit 1; }
scripts/packages.sh bench
cargo build --profile dist --quiet -p smartbox -p smartbox-boxd
cargo build --profile dist --quiet -p smartbox-server --example edge_bench
cargo build --profile dist --quiet -p smartbox-server --example fleet_bench
cargo build --profile dist --quiet -p smartbox-providers --example sleep
cargo build --profile dist --quiet -p smartbox-egress --example forward_proxy --example proxy_load --example ai_bench
cargo build --profile dist --quiet -p smartbox-backup --example backup_bench
target=${CARGO_TARGET_DIR:-$PWD/target}/dist
export SMARTBOX_BENCH_PROGRAM=$target/smartbox
export SMARTBOX_BENCH_EDGE=$target/examples/edge_bench
export SMARTBOX_BENCH_FLEET=$target/examples/fleet_bench
export SMARTBOX_BENCH_PROXY=$target/examples/forward_proxy
export SMARTBOX_BENCH_PROXY_LOAD=$target/examples/proxy_load
export SMARTBOX_BENCH_AI=$target/examples/ai_bench
export SMARTBOX_BENCH_SLEEPER=$target/examples/sleep
export SMARTBOX_BENCH_BACKUP=$target/examples/backup_bench
export SMARTBOX_STORE_DIR=${SMARTBOX_STORE_DIR:-${SMARTBOX_TEST_CACHE:-$HOME/.cache/smartbox-test}/store}
SMARTBOX_DATA_DIR=$(mktemp -d) "$SMARTBOX_BENCH_PROGRAM" setup
echo "machine: $(nproc) cores, kernel $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg)"
for bench in ${*:-boot idle relay edge egress ai spend sleep wake fleet many backup turns exec files}; do
    python3 "bench/$bench.py"
done
