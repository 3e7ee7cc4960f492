# Sourced by the scripts beside it.
# shellcheck disable=SC2034 # they use what is set here
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
system=churnserve-system
namespaces=(churn)
images=(operator serving drift scoring mlflow training)
log=$root/build/deploy.log
mkdir -p "$root/build"

say() { echo "$*" >&2; }
fail() { say "✗ $*"; exit 1; }

# step TITLE COMMAND...: one line before and one after with the seconds; what the command says goes to the log, and is
# shown when it fails. The command is no part of a condition here: `set -e` would not hold inside it.
step() {
    local began=$SECONDS
    doing=$1
    shift
    say "… $doing"
    "$@" >"$log" 2>&1
    doing=
    say "  done in $((SECONDS - began)) s"
}
doing=
exec 3>&2
leave() {
    local code=$?
    exec 2>&3 # a step that fails still has the log as its standard error
    [ -z "$doing" ] || { tail -n 40 "$log" >&2; say "✗ $doing: failed (all of it: ${log#"$root"/})"; }
    exit "$code"
}
trap leave EXIT

# The one place that tells machines that can pull images from those that cannot: base image, overlay, build options.
choose_sources() {
    local official
    official=$(sed -n 's/^ARG BASE_IMAGE=//p' "$root/Dockerfile")
    docker info >/dev/null 2>&1 || fail "no Docker engine answers"
    if docker image inspect "$official" >/dev/null 2>&1 || timeout 15 docker manifest inspect "$official" >/dev/null 2>&1
    then
        overlay=kind base=$official build_options=()
    else
        overlay=local base=$("$root/tests/kind-node/base-image.sh") build_options=(--network host)
        # Debian's engine has no BuildKit.
        export DOCKER_BUILDKIT=0
        images+=(postgresql prometheus alertmanager)
    fi
}

# An image as the engine and manifests/ name it, and as the cluster does: by content, so that a new build is a new name
# and rolls out.
local_name() {
    case $1 in
        postgresql) echo localhost/postgresql:15 ;;
        prometheus) echo localhost/prometheus:2.42 ;;
        alertmanager) echo localhost/alertmanager:0.25 ;;
        kafka) echo localhost/kafka:4.4 ;;
        *) echo "churnserve/$1:dev" ;;
    esac
}
cluster_name() {
    local name id
    # With CHURN_SERVING_IMAGE set, an upgrade keeps the serving image that the cluster has.
    if [ "$1" = serving ] && [ -n "${CHURN_SERVING_IMAGE:-}" ]; then
        echo "$CHURN_SERVING_IMAGE"
        return
    fi
    name=$(local_name "$1")
    id=$(docker image inspect --format '{{.Id}}' "$name")
    id=${id#sha256:}
    echo "${name%:*}:${id:0:12}"
}

# The kind cluster behind the current kubeconfig, or nothing when it is another kind of cluster.
kind_cluster() { kubectl config current-context | sed -n 's/^kind-//p'; }

# on_every_node IMAGE: names are made from contents, so an image of that name is that image.
on_every_node() {
    local nodes=0 have=0 names
    while read -r names; do
        nodes=$((nodes + 1))
        [[ $names != *"$1"* ]] || have=$((have + 1))
    done < <(kubectl get nodes -o 'jsonpath={range .items[*]}{.status.images[*].names}{"\n"}{end}')
    [ "$have" = "$nodes" ]
}

# Streamed: `kind load docker-image` writes all of them to a file first.
load_into_nodes() {
    local node
    for node in $(kubectl get nodes -o "jsonpath={.items[*].metadata.name}"); do
        kind load image-archive --name "$cluster" --nodes "$node" <(docker save "$@")
    done
}

load_images() {
    local part name names=()
    for part in "${images[@]}"; do
        name=$(cluster_name "$part")
        if ! on_every_node "$name"; then
            docker tag "$(local_name "$part")" "$name"
            names+=("$name")
        fi
    done
    [ ${#names[@]} = 0 ] || load_into_nodes "${names[@]}"
    # These names are the cluster's; here they would pile up. (Another deploy may have removed them already.)
    for name in "${names[@]}"; do docker image rm --no-prune "$name" || true; done
}

# apply OVERLAY: with the images as the cluster names them.
apply() {
    local name names=()
    if [ -n "$cluster" ]; then
        for name in "${images[@]}"; do names+=(-e "s,$(local_name "$name"),$(cluster_name "$name"),"); done
    fi
    kubectl kustomize "$root/manifests/overlays/$1" | sed -e "" "${names[@]}" \
        | kubectl apply --server-side --force-conflicts --field-manager churnserve-deploy -f -
}

# wait_for NAMESPACE WORKLOAD
wait_for() {
    say "… waiting for ${2#*/}"
    kubectl -n "$1" rollout status "$2" --timeout 5m >&2 && return
    kubectl -n "$1" get pods >&2
    kubectl -n "$1" get events --field-selector type=Warning --sort-by lastTimestamp -o custom-columns=OBJECT:.involvedObject.name,MESSAGE:.message | tail -n 5 >&2
    kubectl -n "$1" logs "$2" --all-containers --tail 20 >&2 || true
    fail "$2 does not get ready: kubectl -n $1 describe $2"
}
