#!/usr/bin/env bash
# Keeps the data of a release for the tests of later migrations: release-data.sh PROGRAM DIRECTORY
# PROGRAM is `smartbox` of that release. It runs once on a file and once on a PostgreSQL server; what is asked of it leaves rows in as many
# tables as can be had without a box that runs. Run it under scripts/with-postgres.sh, as root.
set -euo pipefail
program=$(realpath "$1")
into=$2
mkdir -p "$into"
into=$(realpath "$into")
here=$(cd "$(dirname "$0")" && pwd)
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT

ask() { # ask METHOD PATH [BODY]
    curl --silent --show-error --fail-with-body --request "$1" "$url$2" --header "x-admin-secret: $secret" \
        --header 'content-type: application/json' ${3:+--data "$3"} || { echo " : $1 $2" >&2; return 1; }
}
field() { python3 -c 'import json,sys; print(eval("json.load(sys.stdin)" + sys.argv[1]))' "$1"; }

fill() { # fill DATA_DIR
    local url secret org
    for _ in $(seq 600); do
        [[ -s $1/platform.json ]] && url=$(field '["url"]' <"$1/platform.json") && secret=$(field '["admin_secret"]' <"$1/platform.json") \
            && curl --silent --fail --output /dev/null "$url/health" && break
        sleep 0.1
    done
    ask POST /v1/boxes '{"name":"kept","start":false}' >/dev/null
    org=$(ask GET /v1/boxes/kept | field '["org"]')
    ask PUT /v1/boxes/kept/secrets/TOKEN '{"value":"a secret of the box"}' >/dev/null
    ask PUT "/v1/orgs/$org/secrets/SHARED" '{"value":"a secret of the org"}' >/dev/null
    ask PUT /v1/boxes/kept/egress '{"rules":["allow api.github.com"]}' >/dev/null
    ask PUT /v1/boxes/kept/budget '{"day":{"tokens":1000},"month":{}}' >/dev/null
    ask PUT /v1/boxes/kept/backup-policy '{"keep_daily":7}' >/dev/null
    ask POST /v1/boxes/kept/schedules '{"name":"morning","cron":"0 9 * * *","message":{"text":"Good morning"}}' >/dev/null
    ask POST /v1/users '{"name":"Ada","email":"ada@example.com","role":"admin"}' | field '["id"]' >"$home/user"
    ask PUT "/v1/users/$(cat "$home/user")/password" '{"password":"a password of a test"}' >/dev/null
    ask POST /v1/tokens '{"name":"program","scopes":["boxes:read"]}' >/dev/null
    ask POST /v1/plans '{"name":"small","boxes_max":3}' >/dev/null
    ask PUT /v1/models/providers/house '{"dialect":"openai","key":"sk-of-a-test"}' >/dev/null
}

run() { # run NAME [VARIABLE=VALUE...]
    local data=$home/$1
    shift
    env SMARTBOX_DATA_DIR="$data" SMARTBOX_LISTEN=127.0.0.1:0 SMARTBOX_STORE_DIR="${SMARTBOX_TEST_CACHE:-$HOME/.cache/smartbox-test}/store" \
        "$@" "$program" up >"$home/log" 2>&1 &
    local pid=$!
    fill "$data" || { cat "$home/log" >&2; kill "$pid"; exit 1; }
    kill -INT "$pid"
    wait "$pid" || true
    [[ ! -e $into/sealing.key ]] || return 0
    cp "$data/keys/sealing.key" "$into/sealing.key"
}

run file
python3 -c 'import sqlite3,sys; print("\n".join(sqlite3.connect(sys.argv[1]).iterdump()))' "$home/file/smartbox.db" >"$into/sqlite.sql"
psql=${SMARTBOX_TEST_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin | tail -n1)}
name=release_$$
"$psql/psql" --quiet "$SMARTBOX_TEST_POSTGRES_URL" --command "create database $name template template0 encoding 'UTF8' locale 'C'"
mkdir -p "$home/server/keys"
cp "$into/sealing.key" "$home/server/keys/sealing.key"
chmod -R go= "$home/server"
address=${SMARTBOX_TEST_POSTGRES_URL/\/postgres\?/\/$name\?}
run server DATABASE_URL="$address"
# Lines for psql alone are left out.
"$psql/pg_dump" --inserts --no-owner --no-privileges "$address" | grep -v '^\\' >"$into/postgres.sql"
ls -l "$into"
