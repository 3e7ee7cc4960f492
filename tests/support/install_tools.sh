#!/usr/bin/env bash
# What the tests need beside Python: a PostgreSQL server, and a browser that opens the training's report. Called by
# `make test`; does nothing where they are there.
set -eu
packages=()
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null || packages+=(postgresql)
command -v chromium-headless-shell >/dev/null || packages+=(chromium-headless-shell)
[ ${#packages[@]} = 0 ] && exit 0
echo "installing ${packages[*]} from Debian's packages for the tests"
as_root=$([ "$(id -u)" = 0 ] || echo sudo)
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
