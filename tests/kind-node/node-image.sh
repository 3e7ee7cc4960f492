#!/usr/bin/env bash
# Prints the image for kind's nodes where kindest/node cannot be pulled, making it first where the cache has none.
# Prints nothing where it can be pulled: kind then takes its own.
set -euo pipefail
# shellcheck source=tests/kind-node/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

release=$(kubernetes_release)
metrics_server=$(awk '$1 == "image:" {print $2}' "$here/metrics-server.yaml")

# procps and the like are for whoever looks for a fault inside the node.
debian() {
    mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io \
        --include=systemd,dbus,containerd,runc,containernetworking-plugins,iptables,nftables,conntrack,ethtool \
        --include=socat,iproute2,mount,kmod,procps,ca-certificates \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' bookworm "$1"
}

build_base() {
    make_scratch node-image
    debian "$scratch/base.tar"
    docker import "$scratch/base.tar" "$base" >/dev/null
    rm -rf "$scratch"
}

unpack_base() {
    docker image inspect "$base" >/dev/null 2>&1 && return
    need mmdebstrap mmdebstrap
    step "unpacking Debian's packages for the node image" build_base
}

build_node() {
    make_scratch node-image
    cp -r "$here/Dockerfile" "$here/files" "$programs"/{kubelet,kubectl,kubeadm} "$scratch"
    docker run --rm --interactive --network none "$base" sh <"$here/collect-programs" >"$scratch/debian.tar"
    python3 "$here/make_images.py" --programs "$programs" --debian "$scratch/debian.tar" --release "$release" \
        --metrics-server "$metrics_server" "$scratch/images.tar"
    rm "$scratch/debian.tar"
    # The classic builder: Debian's engine has no other.
    DOCKER_BUILDKIT=0 quietly docker build --network none --tag "$name" --build-arg "BASE=$base" \
        --build-arg "KUBERNETES=$release" --build-arg "PAUSE=$(pause_name)" "$scratch"
    keep_image "$name" "$archive"
}

pause_name() { "$programs/kubeadm" config images list --kubernetes-version "$release" | grep /pause:; }

"$here/engine.sh" up
use_engine
! can_pull kindest/node:v1.34.0 || exit 0

programs=$("$here/build-tools.sh" --path)
alone node-image
base=localhost/node-base:$(declare -f debian | key)
inputs() { find Dockerfile files collect-programs make_images.py -type f | sort | xargs cat; }
name=localhost/node:$(cd "$here" && { inputs; echo "$base ${programs##*/} $metrics_server"; } | key)
archive=$CACHE/images/node-${name#*:}.tar
if image_at_hand "$name" "$archive"; then
    "$here/build-tools.sh"
else
    # Packages come over the network, programs from the compiler: both at once.
    { trap leave EXIT; unpack_base; } &
    "$here/build-tools.sh"
    wait $!
    step "building the node image $name" build_node
fi
echo "$name"
