#!/bin/sh
# What the upstream image's entry point does with POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, PGDATA and the scripts
# in /docker-entrypoint-initdb.d. The data directory gets its name when all is done, so that a start that was killed
# halfway leaves nothing that looks finished.
set -eu

initialize() {
    new=$PGDATA.new
    rm -rf "$new"
    printf %s "$POSTGRES_PASSWORD" >/tmp/password
    initdb --pgdata "$new" --username "$POSTGRES_USER" --pwfile /tmp/password --auth-local trust \
        --auth-host scram-sha-256 --locale C.UTF-8 --encoding UTF8
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$new/pg_hba.conf"
    # Local connections only: nobody else sees it half made.
    pg_ctl --pgdata "$new" --options "-c listen_addresses=''" --wait start
    createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
    for script in /docker-entrypoint-initdb.d/*.sh; do
        # shellcheck source=/dev/null
        [ ! -e "$script" ] || . "$script"
    done
    pg_ctl --pgdata "$new" --mode fast --wait stop
    mv "$new" "$PGDATA"
}

[ -s "$PGDATA/PG_VERSION" ] || initialize
exec postgres -D "$PGDATA" -c listen_addresses='*'
