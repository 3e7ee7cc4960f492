#!/usr/bin/env bash
# Prints where kube-network-policies is, which enforces NetworkPolicies, building it into the cache where it is not yet:
# two minutes on two cores the first time.
set -euo pipefail
# shellcheck source=tests/kind-node/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

export CGO_ENABLED=0 GOWORK=off GOFLAGS= GOGC=400
flags=(-trimpath -buildvcs=false -ldflags "-s -w")
directory=$CACHE/bin/policies-$(cd "$here" && { find policies -type f | sort | xargs cat; echo "${flags[@]}"; } | key)
program=$directory/kube-network-policies

# Moved into place when complete: a killed build leaves nothing that looks finished.
build() {
    command -v go >/dev/null || fail "building kube-network-policies needs Go"
    (cd "$here/policies" \
        && nice go build -mod=readonly "${flags[@]}" -o "$program.new" sigs.k8s.io/kube-network-policies/cmd)
    mv "$program.new" "$program"
}

alone policies
mkdir -p "$directory"
[ -x "$program" ] || step "building kube-network-policies" build
echo "$program"
