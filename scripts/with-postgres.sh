#!/usr/bin/env bash
# Runs a command with a PostgreSQL server of its own, which is gone afterwards: with-postgres.sh COMMAND…
# SMARTBOX_TEST_POSTGRES_URL is its address. The server keeps nothing safe: it is for tests.
set -euo pipefail

# Debian keeps the server's programs out of the way; the newest one is taken.
find_server() {
    local dir
    for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) $(tr : ' ' <<<"$PATH"); do
        [[ -x $dir/initdb && -x $dir/postgres ]] && { echo "$dir"; return; }
    done
    echo "error: there is no PostgreSQL server on this machine" >&2
    echo "help: scripts/packages.sh test" >&2
    exit 1
}
server=$(find_server)

home=$(mktemp -d "${TMPDIR:-/tmp}/smartbox-postgres.XXXXXX")
# It refuses to run as root.
as=()
if [[ $(id -u) -eq 0 ]]; then
    chown nobody "$home"
    as=(setpriv --reuid nobody --regid nogroup --clear-groups)
fi
started=
stop() {
    if [[ -n $started ]]; then
        # Not gently: nobody needs what is in it.
        kill -QUIT "$started" 2>/dev/null || true
        wait "$started" 2>/dev/null || true
    fi
    rm -rf "$home"
}
trap stop EXIT

(cd "$home" && "${as[@]}" "$server/initdb" --pgdata "$home/data" --auth trust --username smartbox --no-sync \
    --encoding UTF8 --locale C >"$home/initdb.log" 2>&1) || { cat "$home/initdb.log" >&2; exit 1; }
# A certificate for localhost, which is its own authority.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
    -keyout "$home/server.key" -out "$home/server.crt" 2>/dev/null
[[ $(id -u) -ne 0 ]] || chown nobody "$home/server.key"
chmod 600 "$home/server.key"

is_ready() { "$server/pg_isready" --quiet --host "$home" --port "$port"; }

# The port is of this server's choosing; somebody may have it.
for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 10000))
    (cd "$home" && exec "${as[@]}" "$server/postgres" -D "$home/data" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$home" -c ssl=on -c ssl_cert_file="$home/server.crt" -c ssl_key_file="$home/server.key" \
        -c fsync="${SMARTBOX_TEST_FSYNC:-off}" -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB \
        -c autovacuum=off -c max_wal_size=4GB -c log_min_messages=fatal >"$home/server.log" 2>&1) &
    started=$!
    for _ in $(seq 300); do
        is_ready && break 2
        kill -0 "$started" 2>/dev/null || break
        sleep 0.1
    done
    kill -QUIT "$started" 2>/dev/null || true
done
is_ready || { cat "$home/server.log" >&2; exit 1; }

export SMARTBOX_TEST_POSTGRES_URL="postgres://smartbox@localhost:$port/postgres?host=$home"
# The directory of the server, for tests that stop it.
export SMARTBOX_TEST_POSTGRES_HOME=$home
# Its programs, for tests that start servers of their own.
export SMARTBOX_TEST_POSTGRES_BIN=$server
"$@"
