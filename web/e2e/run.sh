#!/usr/bin/env bash
# Drives our pages and OpenClaw's Control UI in Debian's chromium: one real platform, one real box, the demo model.
# `web/e2e/run.sh [FILE…]` runs only the named test files. Screenshots and logs go to web/e2e/test-results.
set -euo pipefail
cd "$(dirname "$0")"

readonly START_SECONDS_MAX=60 STOP_SECONDS_MAX=90 TEST_MS_MAX=1500000
target=$(cd ../.. && realpath -m "${CARGO_TARGET_DIR:-target}")
cache=${SMARTBOX_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/smartbox-test}
export E2E_PROGRAM=$target/debug/smartbox E2E_BROWSER=/usr/bin/chromium E2E_RESULTS=$PWD/test-results

need() { # need FILE ADVICE
    [[ -e $1 ]] && return
    echo "error: $1 is missing" >&2
    echo "help: $2" >&2
    exit 1
}
need "$E2E_PROGRAM" "cargo build -p smartbox -p smartbox-boxd"
need "$E2E_PROGRAM-boxd" "cargo build -p smartbox -p smartbox-boxd"
need "$E2E_BROWSER" "apt-get install chromium"
need "$cache/store" "SMARTBOX_STORE_DIR=$cache/store $E2E_PROGRAM setup"

npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
rm -rf "$E2E_RESULTS"
mkdir "$E2E_RESULTS"
work=$(mktemp -d "${TMPDIR:-/tmp}/smartbox-e2e-XXXXXX")
export E2E_DATA_DIR=$work/data
mkdir -m 0700 "$E2E_DATA_DIR"

# Nothing of the caller's settings gets through; signals to this terminal neither.
smartbox_up() {
    exec setsid env -i PATH="$PATH" HOME="$HOME" SMARTBOX_DATA_DIR="$E2E_DATA_DIR" SMARTBOX_LISTEN=127.0.0.1:0 \
        SMARTBOX_STORE_DIR="$cache/store" "$E2E_PROGRAM" up --stop-boxes-on-exit "$@" \
        >>"$E2E_RESULTS/platform.log" 2>&1 </dev/null
}

# Ends the platform with its boxes. One that was killed is started once more to end them.
stop_platform() {
    [[ -n ${platform:-} ]] || return 0
    kill -INT "$platform" 2>/dev/null || true
    if timeout "$STOP_SECONDS_MAX" tail --pid="$platform" -f /dev/null && wait "$platform"; then return 0; fi
    echo "error: the platform did not end in order" >&2
    kill -KILL "$platform" 2>/dev/null || true
    rm -f "$E2E_DATA_DIR/platform.json"
    smartbox_up --no-first-box &
    platform=$!
    wait_until_serving || true
    kill -INT "$platform" 2>/dev/null || true
    timeout "$STOP_SECONDS_MAX" tail --pid="$platform" -f /dev/null || kill -KILL "$platform"
    return 1
}

wait_until_serving() {
    local deadline=$((SECONDS + START_SECONDS_MAX))
    until [[ -e $E2E_DATA_DIR/platform.json ]] && grep -q '/sign-in#' "$E2E_RESULTS/platform.log"; do
        kill -0 "$platform" 2>/dev/null && [[ $SECONDS -lt $deadline ]] || return 1
        sleep 0.1
    done
}

finish() {
    local status=$?
    trap - EXIT
    # However impatient the caller is: nothing may be left behind.
    trap "" INT TERM
    [[ -z ${tests:-} ]] || kill "$tests" 2>/dev/null || true
    if [[ $status -ne 0 ]]; then
        "$E2E_PROGRAM" logs --data-dir "$E2E_DATA_DIR" >"$E2E_RESULTS/box.log" 2>&1 || true
    fi
    stop_platform || status=1
    rm -rf "$work"
    count() { sed -n "s/^# $1 //p" "$E2E_RESULTS/tap" 2>/dev/null || true; }
    local passed failed
    passed=$(count pass) failed=$(count fail)
    if [[ $status -ne 0 ]]; then
        tail -n 20 "$E2E_RESULTS/platform.log" >&2
        echo "browser tests: FAILED (${passed:-0} passed, ${failed:-0} failed); see $E2E_RESULTS" >&2
    else
        echo "browser tests: $passed passed in $SECONDS s"
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

smartbox_up &
platform=$!
wait_until_serving || { echo "error: the platform does not start" >&2; exit 1; }

[[ $# -gt 0 ]] || set -- *.test.mjs
node --test --test-concurrency=1 --test-timeout="$TEST_MS_MAX" \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$E2E_RESULTS/tap" "$@" &
tests=$!
wait "$tests"
