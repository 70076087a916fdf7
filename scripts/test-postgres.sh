#!/usr/bin/env bash
# The suites of the store, the use-cases and the API once more, on PostgreSQL. Left out is what is about files of SQLite, and the
# simulations: their thousands of steps are about the order of things, and each would wait for a server.
set -euo pipefail
cd "$(dirname "$0")/.."

export SMARTBOX_TEST_DATABASE=postgres
exec scripts/with-postgres.sh cargo nextest run -p smartbox-store -p smartbox-control -p smartbox-http -E "binary(it)
    and not (package(smartbox-store) and test(/^(opening|foreign)::|a_saved_database_is_whole/))
    and not (package(smartbox-control) and test(/^(simulation|sleep_simulation|sleep_killed)::/))"
