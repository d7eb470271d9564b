#!/bin/sh
# Runs a command with TEST_DATABASE_URL set to a throwaway PostgreSQL 15, the oldest version supported:
#   scripts/with-postgres-15.sh npm test
# Fails where no PostgreSQL 15 server is installed; with --if-present as first argument it says so and exits 0.
set -eu

if_present=false
if [ "${1-}" = --if-present ]; then
  if_present=true
  shift
fi
if [ $# -eq 0 ]; then
  echo "usage: scripts/with-postgres-15.sh [--if-present] COMMAND [ARGUMENT...]" >&2
  exit 2
fi

bin=
for candidate in /usr/lib/postgresql/15/bin /usr/pgsql-15/bin /opt/homebrew/opt/postgresql@15/bin \
  /usr/local/opt/postgresql@15/bin "$(pg_config --bindir 2>/dev/null || true)"; do
  if [ -x "$candidate/initdb" ] && "$candidate/postgres" --version 2>/dev/null | grep -q ' 15\.'; then
    bin=$candidate
    break
  fi
done
if [ -z "$bin" ]; then
  echo "with-postgres-15: no PostgreSQL 15 server is installed here; nothing was run" >&2
  if $if_present; then exit 0; else exit 1; fi
fi

folder=$(mktemp -d)
# Not below the folder of this process: the server's user may not be able to enter it.
as_server() { (cd / && "$@"); }
if [ "$(id -u)" -eq 0 ]; then
  user=postgres
  id "$user" >/dev/null 2>&1 || user=nobody
  chown "$user" "$folder"
  as_server() { (cd / && setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"); }
fi

cleanup() {
  status=$?
  trap - EXIT INT TERM HUP
  as_server "$bin/pg_ctl" stop -D "$folder/data" -m immediate -w >/dev/null 2>&1 || true
  rm -rf "$folder"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
(umask 077 && printf '%s\n' "$password" >"$folder/password")
if [ "$(id -u)" -eq 0 ]; then chown "$user" "$folder/password"; fi
as_server "$bin/initdb" -D "$folder/data" -U postgres --pwfile="$folder/password" -A scram-sha-256 -E UTF8 --locale=C \
  --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }

port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
as_server "$bin/pg_ctl" start -D "$folder/data" -l "$folder/data/log" -w -s -o "-p $port -k '' -c listen_addresses=127.0.0.1 \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" >/dev/null ||
  { cat "$folder/data/log" >&2; exit 1; }

TEST_DATABASE_URL="postgres://postgres:$password@127.0.0.1:$port/postgres" "$@"
