#!/usr/bin/env bash
# What the tests need beside Python: a PostgreSQL server. Called by `make test`; does nothing where it is there.
set -eu
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null && exit 0
command -v initdb >/dev/null && exit 0
echo "installing PostgreSQL from Debian's packages for the tests"
as_root=$([ "$(id -u)" = 0 ] || echo sudo)
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends postgresql >/dev/null
