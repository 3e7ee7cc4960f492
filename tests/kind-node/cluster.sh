#!/usr/bin/env bash
# The local cluster: real kind, with an engine and a node image made here where this machine has none.
#   cluster.sh up             a new cluster, after removing what an earlier run left
#   cluster.sh down           remove it and the engine that was started for it; the caches stay
#   cluster.sh env            print lines to eval: KUBECONFIG, DOCKER_HOST, and PATH with kind and kubectl
#   cluster.sh kubeconfig     print where the kubeconfig is; nobody's ~/.kube/config is touched
set -euo pipefail
# shellcheck source=tests/kind-node/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

top=$(cd "$here/../.." && pwd)
name=$(awk '$1 == "name:" {print $2}' "$top/kind-config.yaml")
export KUBECONFIG=$CACHE/kubeconfig

# These versions of kind and kubectl, whatever else is installed; without Go what is installed must do.
use_tools() {
    if ! command -v go && command -v kind && command -v kubectl; then return; fi >/dev/null
    "$here/build-tools.sh" kind kubectl
    PATH=$("$here/build-tools.sh" --path):$PATH
}

delete_cluster() {
    quietly kind delete cluster --name "$name"
    rm -f "$KUBECONFIG" "$KUBECONFIG.lock"
}

# Docker would tell it too, but only after minutes of work.
check_ports() {
    local port
    grep -o 'hostPort: [0-9]*' "$top/kind-config.yaml" | while read -r _ port; do
        ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || fail "port $port of kind-config.yaml is taken: end what uses it"
    done
}

create_cluster() {
    local image=()
    [ -z "$1" ] || image=(--image "$1")
    make_scratch cluster
    cat "$top/kind-config.yaml" "$here/kind-config.yaml" >"$scratch/config.yaml"
    quietly kind create cluster --config "$scratch/config.yaml" "${image[@]}" --wait 300s
    rm -rf "$scratch"
}

wait_for_metrics() {
    kubectl apply --filename "$here/metrics-server.yaml" >/dev/null
    kubectl --namespace kube-system rollout status deployment/metrics-server --timeout 300s >/dev/null
    local try
    for try in $(seq 300); do
        # A node is known at once, a pod only from its second reading on.
        kubectl top pods --namespace kube-system >/dev/null 2>&1 && return
        sleep 1
    done
    kubectl top pods --namespace kube-system
}

# The image that enforces NetworkPolicies holds one program and nothing else.
load_policies() {
    local program image
    program=$("$here/build-policies.sh" 9>&-)
    image=$(awk '$1 == "image:" {print $2}' "$here/network-policies.yaml")
    tar -c -C "${program%/*}" "${program##*/}" \
        | docker import --change 'ENTRYPOINT ["/kube-network-policies"]' - "$image"
    quietly kind load image-archive --name "$name" <(docker save "$image")
}

# enforce_policies IMAGE: with kind's own image (none is named) the network enforces policies by itself.
enforce_policies() {
    [ -n "$1" ] || return 0
    local node said
    for node in $(kind get nodes --name "$name"); do
        said=$(docker exec --interactive "$node" sh <"$here/queue-connections" 2>&1) && continue
        say "NetworkPolicies are not enforced here, this kernel cannot queue packets: ${said//$'\n'/ }"
        return
    done
    load_policies >/dev/null
    kubectl apply --filename "$here/network-policies.yaml" >/dev/null
    kubectl --namespace kube-system rollout status daemonset/kube-network-policies --timeout 300s >/dev/null
}

up() {
    alone cluster
    local began=$SECONDS node
    "$here/engine.sh" up
    use_engine
    # What `make deploy` needs next comes over the network while the programs are compiled.
    "$here/base-image.sh" >/dev/null 9>&- &
    local base=$!
    use_tools
    step "removing what an earlier run left" delete_cluster
    check_ports
    node=$("$here/node-image.sh")
    step "creating the cluster $name" create_cluster "$node"
    step "waiting for system pods" kubectl wait pods --all --all-namespaces --for=condition=Ready --timeout=300s >/dev/null
    step "enforcing NetworkPolicies" enforce_policies "$node"
    step "starting the metrics API" wait_for_metrics
    wait "$base"
    say "the cluster is up after $((SECONDS - began)) s; to use it: eval \"\$(${BASH_SOURCE[0]} env)\""
}

# Without its engine there is nothing to delete in it, and the engine's own clean-up takes the containers.
down() {
    alone cluster
    if use_engine 2>/dev/null; then
        use_tools
        step "removing the cluster $name" delete_cluster
    fi
    rm -f "$KUBECONFIG" "$KUBECONFIG.lock"
    step "ending the engine that was started for it" "$here/engine.sh" down
}

print_env() {
    echo "export KUBECONFIG=$KUBECONFIG PATH=$("$here/build-tools.sh" --path):\$PATH"
    "$here/engine.sh" env
}

case ${1:-} in
    up) up ;;
    down) down ;;
    env) print_env ;;
    kubeconfig) echo "$KUBECONFIG" ;;
    *) fail "usage: $0 up|down|env|kubeconfig" ;;
esac
