#!/usr/bin/env bash
# Prints the image that ours are built from (BASE_IMAGE): the official Python where images can be pulled, else one
# made here from Debian's packages.
set -euo pipefail
# shellcheck source=tests/kind-node/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

official=python:3.11-slim-bookworm
authorities=/etc/ssl/certs/ca-certificates.crt

# The host's authorities: behind a company's gateway package clients trust no others.
debian() {
    mmdebstrap --quiet --variant=minbase --include=python3,ca-certificates --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --customize-hook="copy-in $authorities ${authorities%/*}" bookworm "$1"
}

build() {
    make_scratch base-image
    debian "$scratch/base.tar"
    docker import --change 'CMD ["python3"]' "$scratch/base.tar" "$name" >/dev/null
    keep_image "$name" "$archive"
}

"$here/engine.sh" up
use_engine

if docker image inspect "$official" >/dev/null 2>&1 || can_pull "$official"; then
    echo "$official"
    exit
fi

alone base-image
name=localhost/base:$({ declare -f debian; cat "$authorities"; } | key)
archive=$CACHE/images/base-${name#*:}.tar
if ! image_at_hand "$name" "$archive"; then
    need mmdebstrap mmdebstrap
    step "making $name from Debian's packages" build
fi
echo "$name"
