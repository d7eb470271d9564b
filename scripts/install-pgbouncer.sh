#!/bin/sh
# Installs the PgBouncer that test/db/pooler.test.ts starts, where Debian's packages can be had. Where they cannot, it says
# so and ends with 0: the test then tells that nothing was tried.
set -eu

if [ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "install-pgbouncer: not root on Debian; PgBouncer is not tried" >&2
  exit 0
fi
if apt-get install -y --no-install-recommends pgbouncer >/dev/null 2>&1; then exit 0; fi
if apt-get update >/dev/null 2>&1 && apt-get install -y --no-install-recommends pgbouncer >/dev/null 2>&1; then exit 0; fi
echo "install-pgbouncer: the package could not be had; PgBouncer is not tried" >&2
