#!/usr/bin/env bash
# Builds the cluster's programs from their Go modules (tools/go.mod names the versions) into the cache.
#   build-tools.sh               all of them: ten minutes on two cores the first time, nothing after that
#   build-tools.sh etcd kubectl  these alone
#   build-tools.sh --path        only print the directory they are in
set -euo pipefail
# shellcheck source=tests/kind-node/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

declare -A package=(
    [kind]=sigs.k8s.io/kind
    [etcd]=go.etcd.io/etcd/server/v3
    [kube-apiserver]=k8s.io/kubernetes/cmd/kube-apiserver
    [kubectl]=k8s.io/kubernetes/cmd/kubectl
    [kube-controller-manager]=k8s.io/kubernetes/cmd/kube-controller-manager
    [kube-scheduler]=k8s.io/kubernetes/cmd/kube-scheduler
    [kubelet]=k8s.io/kubernetes/cmd/kubelet
    [kube-proxy]=k8s.io/kubernetes/cmd/kube-proxy
    [kubeadm]=k8s.io/kubernetes/cmd/kubeadm
    [metrics-server]=sigs.k8s.io/metrics-server/cmd/metrics-server
    [coredns]=churnserve.dev/tools/coredns
    [local-path-provisioner]=github.com/rancher/local-path-provisioner
    [pause]=churnserve.dev/tools/pause
)
# Built in one go each, so that one program is compiled while another is linked. What the integration tests wait for
# comes first. The last one alone: it names a package of theirs in other letters, and Go refuses to build both at once.
groups=(
    "etcd kube-apiserver"
    "kind kubectl kube-controller-manager kube-scheduler"
    "kubelet kube-proxy kubeadm"
    "metrics-server coredns pause"
    "local-path-provisioner"
)

release=$(kubernetes_release)
# kubeadm refuses to work unstamped. Without cgo an image needs nothing but the binary.
stamp=k8s.io/component-base/version
minor=$(cut -d. -f2 <<<"$release")
stamps="-X $stamp.gitVersion=$release -X $stamp.gitMajor=1 -X $stamp.gitMinor=$minor"
flags=(-trimpath -buildvcs=false -ldflags "-s -w $stamps")
# A compiler that collects its garbage less often takes a tenth less time; it is short-lived.
export CGO_ENABLED=0 GOWORK=off GOFLAGS= GOGC=400

directory=$CACHE/bin/$(cd "$here" && { find tools -type f | sort | xargs cat; echo "${flags[@]}"; } | key)

# What `go build` calls it: the last part of its package that is no version.
binary() { basename "${package[$1]%/v[0-9]}"; }

# Moved into place when complete: a killed build leaves nothing that looks finished.
build() {
    local name packages=() new=$directory/.new
    for name; do packages+=("${package[$name]}"); done
    rm -rf "$new" && mkdir "$new"
    (cd "$here/tools" && nice go build -mod=readonly "${flags[@]}" -o "$new/" "${packages[@]}")
    for name; do mv "$new/$(binary "$name")" "$directory/$name"; done
}

# missing_of "NAME..." : those of them that are asked for and not built yet.
missing_of() {
    local name
    for name in $1; do
        [[ " ${asked[*]} " != *" $name "* || -x $directory/$name ]] || echo "$name"
    done
}

[ "${1:-}" != --path ] || { echo "$directory"; exit; }
asked=("$@")
[ $# != 0 ] || asked=("${!package[@]}")
for name in "${asked[@]}"; do [ -n "${package[$name]:-}" ] || fail "no such program: $name (there are ${!package[*]})"; done

mkdir -p "$directory"
alone tools
for group in "${groups[@]}"; do
    mapfile -t missing < <(missing_of "$group")
    [ ${#missing[@]} != 0 ] || continue
    command -v go >/dev/null || fail "building ${missing[*]} needs Go"
    step "building ${missing[*]}" build "${missing[@]}"
done
