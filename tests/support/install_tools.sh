#!/usr/bin/env bash
# What the tests need beside Python: a PostgreSQL server, Redis, a Kafka broker, a browser that opens the training's
# report, and Prometheus and Alertmanager with promtool and amtool. Called by `make test`; does nothing where they are there.
set -eu
as_root=$([ "$(id -u)" = 0 ] || echo sudo)

# The one of tests/support/monitoring_tools.py. Unpacked rather than installed: the packages would start both servers.
unpack_monitoring() {
    local folder=${XDG_CACHE_HOME:-$HOME/.cache}/churnserve/monitoring-tools package
    [ ! -x "$folder/usr/bin/promtool" ] || return 0
    echo "unpacking prometheus and prometheus-alertmanager of Debian's for the tests"
    rm -rf "$folder.part" && mkdir -p "$folder.part"
    (
        cd "$folder.part"
        $as_root apt-get update -qq || true # an old list often does; the download says so where it does not
        apt-get download -qq -o APT::Sandbox::User=root prometheus prometheus-alertmanager
        for package in *.deb; do dpkg -x "$package" . && rm "$package"; done
    )
    rm -rf "$folder" && mv "$folder.part" "$folder"
}
command -v promtool >/dev/null && command -v amtool >/dev/null || unpack_monitoring

"$(dirname "${BASH_SOURCE[0]}")/install_kafka.sh"

packages=()
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null || packages+=(postgresql)
command -v redis-server >/dev/null || packages+=(redis-server)
command -v chromium-headless-shell >/dev/null || packages+=(chromium-headless-shell)
[ ${#packages[@]} = 0 ] && exit 0
echo "installing ${packages[*]} from Debian's packages for the tests"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
