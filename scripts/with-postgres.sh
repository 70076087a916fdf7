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
cd_back=$PWD
cd "$home"
"${as[@]}" "$server/postgres" -D "$home/data" -c listen_addresses= -c unix_socket_directories="$home" \
    -c fsync=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB -c autovacuum=off \
    -c max_wal_size=4GB -c log_min_messages=fatal >"$home/server.log" 2>&1 &
started=$!
cd "$cd_back"
for _ in $(seq 100); do
    [[ -S $home/.s.PGSQL.5432 ]] && "$server/pg_isready" --quiet --host "$home" && break
    kill -0 "$started" 2>/dev/null || { cat "$home/server.log" >&2; exit 1; }
    sleep 0.1
done
"$server/pg_isready" --quiet --host "$home" || { cat "$home/server.log" >&2; exit 1; }

export SMARTBOX_TEST_POSTGRES_URL="postgres://smartbox@localhost/postgres?host=$home"
# The directory of the server, for tests that stop it.
export SMARTBOX_TEST_POSTGRES_HOME=$home
"$@"
