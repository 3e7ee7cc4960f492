#!/usr/bin/env bash
# Sourced by the scripts beside it: where things are kept, how steps and failures are told, and small helpers.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${CHURNSERVE_CACHE:-$HOME/.cache/churnserve}
mkdir -p "$CACHE"

# Everything told goes to standard error: some of these scripts print an answer that is read by another one.
say() { echo "$*" >&2; }
fail() { say "$*"; exit 1; }

# What is under way when a script ends early is named, and its scratch folder goes in any case.
doing=
scratch=
leave() {
    local code=$?
    [ -z "$doing" ] || say "✗ $doing: failed"
    [ -z "$scratch" ] || rm -rf "$scratch"
    exit "$code"
}
trap leave EXIT

# make_scratch USER: in the cache, since /tmp may be small or in memory. What a killed run of the same user left goes:
# users of one name take turns (see alone).
make_scratch() {
    rm -rf "$CACHE/scratch.$1".*
    scratch=$(mktemp -d "$CACHE/scratch.$1.XXXXXX")
}

# step TITLE COMMAND...: one line before and one after with the seconds, so that a cold build is never silent.
# The command is no part of a condition here: `set -e` would not hold inside it.
step() {
    local began=$SECONDS
    doing=$1
    shift
    say "… $doing"
    "$@"
    say "✓ $doing: $((SECONDS - began)) s"
    doing=
}

# quietly COMMAND...: what it says matters only when it fails (kind's own --quiet hides its errors, too).
quietly() {
    local said
    said=$("$@" 2>&1) || { say "$said"; return 1; }
}

# alone NAME: two runs at once (tests and a developer, say) take turns. Started daemons must close descriptor 9.
alone() {
    exec 9>"$CACHE/$1.lock"
    flock --nonblock 9 || { say "waiting for another run ($1)"; flock 9; }
}

# end_process PIDFILE SIGNAL MARK: only if that process still is ours, told by MARK in its command line or cgroup:
# after a kill or a restart of the machine the number may be somebody else's.
end_process() {
    local file=$1 signal=$2 mark=$3 pid try
    [ -s "$file" ] || return 0
    pid=$(<"$file")
    if grep -qsaF -- "$mark" "/proc/$pid/cmdline" "/proc/$pid/cgroup"; then
        kill -s "$signal" "$pid" 2>/dev/null || return 0
        for try in $(seq 300); do
            # gone, or dead already and its new parent slow to notice
            grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$pid/status" || break
            [ "$try" != 200 ] || kill -s KILL "$pid" 2>/dev/null || true
            sleep 0.1
        done
    fi
    rm -f "$file"
}

# From here on docker and kind talk to the engine that engine.sh found or started; false where there is none.
use_engine() {
    local lines
    lines=$("$here/engine.sh" env) && eval "$lines"
}

# The version of Kubernetes that the programs are built from, such as v1.34.4.
kubernetes_release() { awk '$1 == "k8s.io/kubernetes" {print $2}' "$here/tools/go.mod"; }

# key <INPUTS: a short name for what is made from them, so that a change of inputs makes it anew.
key() { sha256sum | cut -c1-16; }

# Asks the registry alone, and briefly: where images cannot be had, that is known at once.
can_pull() { timeout 15 docker manifest inspect "$1" >/dev/null 2>&1; }

# need COMMAND PACKAGE: Debian's package where the command is missing.
need() {
    command -v "$1" >/dev/null && return
    command -v apt-get >/dev/null || fail "$1 is needed and this is no Debian: install it, then try again"
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    # One at a time: apt refuses to work beside another one.
    local turn=(flock "$CACHE/apt.lock" "${as_root[@]}")
    quietly "${turn[@]}" apt-get update -qq || true
    quietly "${turn[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" || true
    command -v "$1" >/dev/null || fail "Debian's package $2 could not be installed"
}

# image_at_hand NAME ARCHIVE: whether the engine has the image, loading it from its archive where the engine is new.
image_at_hand() {
    docker image inspect "$1" >/dev/null 2>&1 && return
    [ -f "$2" ] || return
    say "… loading $1 from the cache"
    docker load --quiet --input "$2" >/dev/null
}

# keep_image NAME ARCHIVE: an archive for the next engine; older ones of its kind would only fill the disk.
keep_image() {
    mkdir -p "$(dirname "$2")"
    docker save --output "$2.part" "$1"
    find "$(dirname "$2")" -name "$(basename "${2%-*}")-*.tar" -delete
    mv "$2.part" "$2"
    docker image ls --format '{{.Repository}}:{{.Tag}}' "${1%:*}" | { grep -vxF "$1" || true; } \
        | while read -r old; do quietly docker image rm "$old" || true; done
}
