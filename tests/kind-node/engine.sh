#!/usr/bin/env bash
# A Docker engine for kind and for image builds: the one that answers, else Debian's own, started here.
#   engine.sh up     make sure that an engine answers
#   engine.sh env    print the line to eval so that docker and kind talk to it (nothing for an engine that was there)
#   engine.sh down   end the engine that `up` started; an engine that was there before is left alone
#   engine.sh wipe   the same, then forget its images too (for a store that no engine can start on any more)
# The engine started here changes nothing outside its own folders: no firewall rules, no forwarding.
set -euo pipefail
# shellcheck source=tests/kind-node/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

state=$CACHE/engine
packages=$state/packages
socket=$state/docker.sock
ours=unix://$socket
# One of RFC 2544's networks, made for tests, so that nobody's own is hidden; which one goes by the cache's path, so
# that engines of two caches do not meet.
network=198.18.$((16#$(key <<<"$CACHE" | cut -c1-2)))

# Ours counts as ours even where the caller's DOCKER_HOST already points to it.
foreign_answers() { [ "${DOCKER_HOST:-}" != "$ours" ] && command -v docker >/dev/null && docker info >/dev/null 2>&1; }
ours_answers() { [ -S "$socket" ] && DOCKER_HOST=$ours PATH=$PATH:$packages/usr/bin docker info >/dev/null 2>&1; }

# Unpacked rather than installed: the packages' own services would start an engine with firewall rules.
unpack_packages() {
    [ -e "$packages/.complete" ] && return
    command -v apt-get >/dev/null || fail "no Docker engine answers and this is no Debian: start Docker, then try again"
    rm -rf "$packages" && mkdir -p "$packages/debs"
    step "unpacking Debian's docker.io, containerd and runc" _unpack
    touch "$packages/.complete"
}
_unpack() {
    cd "$packages/debs"
    apt-get update -qq || true # an old list often does; the download says so where it does not
    apt-get download -qq -o APT::Sandbox::User=root docker.io containerd runc libdevmapper1.02.1
    local deb
    for deb in *.deb; do dpkg -x "$deb" "$packages"; done
    rm -rf "$packages/debs"
}

# A root without CAP_SYS_RESOURCE cannot give it to the privileged container that a kind node is.
lacks_sys_resource() { (( (0x$(awk '/^CapEff/ {print $2}' /proc/self/status) >> 24 & 1) == 0 )); }

start() {
    local options=()
    if lacks_sys_resource; then
        # A copy: the engine may outlive this clone of the repository.
        install -m 755 "$here/runc-nores" "$state/runc-nores"
        options+=(--add-runtime "nores=$state/runc-nores" --default-runtime nores)
    fi
    # No default bridge: kind has a network of its own, builds use the host's, and without firewall rules it led nowhere.
    # The lock is not inherited, or it would be held for as long as the engine lives.
    PATH=$packages/usr/sbin:$packages/usr/bin:$PATH LD_LIBRARY_PATH=$(echo "$packages"/lib/*-linux-gnu) \
        setsid "$packages/usr/sbin/dockerd" --host "$ours" --pidfile "$state/docker.pid" \
        --data-root "$state/data" --exec-root "$state/exec" --storage-driver overlay2 \
        --iptables=false --ip6tables=false --ip-forward=false --oom-score-adjust 0 \
        --bridge none --userland-proxy-path "$packages/usr/sbin/docker-proxy" "${options[@]}" \
        >>"$state/docker.log" 2>&1 </dev/null 9>&- &
}

wait_for_answer() {
    local try
    for try in $(seq 300); do
        ours_answers && return
        sleep 0.1
    done
    tail -n 20 "$state/docker.log" >&2
    return 1
}

up() {
    ! foreign_answers || return 0
    mkdir -p "$state"
    alone engine
    ! ours_answers || return 0
    [ "$(id -u)" = 0 ] || fail "no Docker engine answers, and only root can start one: start Docker, then try again"
    unpack_packages
    down_locked
    : >"$state/docker.log"
    start
    step "starting a Docker engine" wait_for_answer
    client network inspect kind >/dev/null 2>&1 || client network create --subnet "$network.0/24" kind >/dev/null
    echo "$ours" >"$state/docker-host"
    forget_old_builds
}

# Each change of code leaves gigabytes that no image names any more. Those of the last hours are the builds' cache.
forget_old_builds() { client image prune --force --filter until=6h >/dev/null || true; }

client() { DOCKER_HOST=$ours PATH=$PATH:$packages/usr/bin docker "$@"; }

# What a container of a killed engine leaves: its shim, told by the socket of our containerd that it was started
# with, and its first process, with whose end all others of the container end.
kill_containers() {
    local bundle process
    { grep -lsaF -- "$state/exec/containerd/containerd.sock" /proc/[0-9]*/cmdline || true; } | cut -d/ -f3 \
        | while read -r process; do kill -s KILL "$process" 2>/dev/null || true; done
    for bundle in "$state"/exec/containerd/daemon/io.containerd.runtime.v2.task/moby/*/; do
        end_process "$bundle"init.pid KILL "$(basename "$bundle")"
    done
}

down_locked() {
    end_process "$state/docker.pid" TERM "$state/"
    kill_containers
    end_process "$state/exec/containerd/containerd.pid" TERM "$state/"
    # Deepest first; a mount that is still busy is detached and goes when its last user does.
    awk -v root="$state/" 'index($2, root) == 1 {print $2}' /proc/mounts | sort -r | while read -r mount; do
        umount "$mount" 2>/dev/null || umount -l "$mount" || true
    done
    drop_bridge
    drop_cgroups
    rm -rf "$state/exec" "$socket" "$state/docker.pid" "$state/docker-host"
}

# Its bridge outlives an engine, and is known by its address.
drop_bridge() {
    local bridge
    command -v ip >/dev/null || return 0
    bridge=$(ip -o -4 address show | awk -v address="$network.1/24" '$4 == address {print $2}')
    [ -z "$bridge" ] || ip link delete "$bridge"
}

# Containers that were killed leave their empty cgroups. A killed engine of someone else may have, too, so only
# those go that bear the number of one of ours.
drop_cgroups() {
    local container
    for container in "$state"/data/containers/*/; do
        find /sys/fs/cgroup -depth -type d -path "*/docker/$(basename "$container")*" -exec rmdir {} + 2>/dev/null || true
    done
}

down() {
    [ -d "$state" ] || return 0
    alone engine
    down_locked
}

print_env() {
    if ours_answers; then
        echo "export DOCKER_HOST=$ours"
        command -v docker >/dev/null || echo "export PATH=\$PATH:$packages/usr/bin"
    elif ! foreign_answers; then
        fail "no Docker engine answers: $0 up"
    fi
}

case ${1:-} in
    up) up ;;
    env) print_env ;;
    down) down ;;
    wipe) down && rm -rf "$state" ;;
    *) fail "usage: $0 up|env|down|wipe" ;;
esac
