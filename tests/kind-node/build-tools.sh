#!/usr/bin/env bash
# Builds the cluster's programs from their Go modules (tools/*/go.mod names the versions) into the cache.
#   build-tools.sh               all of them: ten minutes and more on two cores the first time, nothing after that
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
    [coredns]=github.com/coredns/coredns
    [local-path-provisioner]=github.com/rancher/local-path-provisioner
    [pause]=churnserve.dev/tools/pause
)
# What the integration tests wait for comes first, then what shares most of its packages with it.
order=(kind etcd kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy kubeadm
    metrics-server coredns local-path-provisioner pause)

release=$(awk '$1 == "k8s.io/kubernetes" {print $2}' "$here/tools/kubernetes/go.mod")
# kubeadm refuses to work unstamped. Without cgo an image needs nothing but the binary.
stamp=k8s.io/component-base/version
minor=$(cut -d. -f2 <<<"$release")
stamps="-X $stamp.gitVersion=$release -X $stamp.gitMajor=1 -X $stamp.gitMinor=$minor"
flags=(-trimpath -buildvcs=false -ldflags "-s -w $stamps")
# A compiler that collects its garbage less often takes a tenth less time; it is short-lived.
export CGO_ENABLED=0 GOWORK=off GOFLAGS= GOGC=400

directory=$CACHE/bin/$(cd "$here" && { cat tools/*/*; echo "${flags[@]}"; } | key)

module_of() {
    case $1 in
        kube*) echo kubernetes ;;
        *) echo "$1" ;;
    esac
}

# Moved into place when complete: a killed build leaves nothing that looks finished.
build() {
    (cd "$here/tools/$(module_of "$1")" && nice go build -mod=readonly "${flags[@]}" -o "$directory/.$1" "${package[$1]}")
    mv "$directory/.$1" "$directory/$1"
}

[ "${1:-}" != --path ] || { echo "$directory"; exit; }
[ $# != 0 ] || set -- "${order[@]}"
for name; do [ -n "${package[$name]:-}" ] || fail "no such program: $name (there are ${order[*]})"; done

mkdir -p "$directory"
alone tools
missing=()
for name; do [ -x "$directory/$name" ] || missing+=("$name"); done
[ ${#missing[@]} = 0 ] || command -v go >/dev/null || fail "building ${missing[*]} needs Go"
count=0
for name in "${missing[@]}"; do step "building $name ($((count += 1)) of ${#missing[@]})" build "$name"; done
