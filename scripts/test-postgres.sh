#!/usr/bin/env bash
# The suites of the store, the use-cases and the API once more, on PostgreSQL. Left out is what is about files of SQLite; the
# simulations, whose thousands of steps are about the order of things and would each wait for a server; and the matrix of who may call
# what, which no database decides.
set -euo pipefail
cd "$(dirname "$0")/.."

export SMARTBOX_TEST_DATABASE=postgres
# The whole workspace, so that what was built for the tests before it is used.
exec scripts/with-postgres.sh cargo nextest run --workspace -E "binary(it)
    and (package(smartbox-store) or package(smartbox-control) or package(smartbox-http))
    and not (package(smartbox-store) and test(/^(opening|foreign)::|a_saved_database_is_whole/))
    and not (package(smartbox-control) and test(/^(simulation|sleep_simulation|sleep_killed)::/))
    and not (package(smartbox-http) and test(/^matrix::/))"
