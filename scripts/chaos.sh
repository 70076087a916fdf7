#!/usr/bin/env bash
# Sleeps and wakes under random faults and kills, more of them than `make test` has time for: a thousand kills and
# ten thousand random steps over the fake provider, twenty kills with a real box, and two hundred kills of snapshots
# and prunes. SMARTBOX_SIM_SEED repeats one run.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ $(id -u) -eq 0 ]] || { echo "error: real boxes need root; run: sudo env PATH=\"\$PATH\" scripts/chaos.sh" >&2; exit 1; }
SMARTBOX_SIM_KILLS=1000 cargo nextest run -p smartbox-control -E 'test(random_kills)'
SMARTBOX_SIM_RUNS=170 cargo nextest run -p smartbox-control -E 'test(no_rule_of_sleep_was_broken)'
# Longer than nextest lets one test run.
SMARTBOX_SIM_KILLS=200 cargo test --quiet -p smartbox-backup --test peers -- outlives_kills --nocapture
cargo build --quiet -p smartbox -p smartbox-boxd
export SMARTBOX_TEST_CACHE=${SMARTBOX_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/smartbox-test}
SMARTBOX_STORE_DIR=$SMARTBOX_TEST_CACHE/store SMARTBOX_DATA_DIR=$SMARTBOX_TEST_CACHE/setup "${CARGO_TARGET_DIR:-target}/debug/smartbox" setup
SMARTBOX_SIM_KILLS=20 cargo nextest run -p smartbox -E 'binary(real) and test(outlives_kills)' --test-threads 1
