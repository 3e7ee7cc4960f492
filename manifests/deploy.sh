#!/usr/bin/env bash
# make deploy: all of ChurnServe into the cluster of the current kubeconfig. Run again, it brings what has changed.
set -euo pipefail
# shellcheck source=manifests/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

random_password() { head -c 64 /dev/urandom | base64 | tr -dc 'a-zA-Z0-9' | cut -c1-32; }

# read_secret NAMESPACE NAME KEY: nothing where there is no such Secret.
read_secret() {
    kubectl -n "$1" get secret "$2" --ignore-not-found -o "go-template={{index .data \"$3\" | base64decode}}"
}

# secret NAMESPACE NAME KEY VALUE [KEY VALUE]: by standard input, or passwords would be in the list of processes.
secret() {
    local namespace=$1 name=$2
    shift 2
    {
        printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: %s}\nstringData:\n' "$name" "$namespace"
        printf '  %s: "%s"\n' "$@"
    } | kubectl apply --server-side --field-manager churnserve-deploy -f -
}

absent() { [ -z "$(kubectl -n "$system" get secret "$1" --ignore-not-found -o name)" ]; }

# Passwords are made once and kept: PostgreSQL and MLflow remember the first ones.
make_secrets() {
    local namespace
    for namespace in "$system" "${namespaces[@]}"; do
        kubectl create namespace "$namespace" --dry-run=client -o yaml | kubectl apply --server-side -f -
    done
    if absent mlflow-credentials; then secret "$system" mlflow-credentials username admin password "$(random_password)"; fi
    if absent mlflow-session; then secret "$system" mlflow-session key "$(random_password)"; fi
    if absent postgresql-credentials; then
        secret "$system" postgresql-credentials username mlflow password "$(random_password)" \
            churn-password "$(random_password)"
    fi
    if absent mlflow-operator; then
        secret "$system" mlflow-operator username churn-operator password "$(random_password)"
    fi
    # Alertmanager says it, and the operator knows Alertmanager by it.
    if absent churn-alerts; then secret "$system" churn-alerts token "$(random_password)"; fi
    for namespace in "${namespaces[@]}"; do
        secret "$namespace" postgresql-credentials username churn \
            password "$(read_secret "$system" postgresql-credentials churn-password)"
    done
}

# password_of NAMESPACE SECRET USER: the one in the Secret, unless that is of another user (MLflow's admin, of the release
# before).
password_of() {
    if [ "$(read_secret "$1" "$2" username)" = "$3" ]; then read_secret "$1" "$2" password; else random_password; fi
}

# described USER PASSWORD ROLE [MODELS]: one user, as users.py reads it.
described() { printf '{"name": "%s", "password": "%s", "role": "%s", "models": [%s]}' "$1" "$2" "$3" "${4:-}"; }

# Passwords go by standard input, for the same reason as above. Models that MLflow's admin made for the release before
# stay writable. Pods that start meanwhile log in as before: Secrets follow what MLflow knows.
make_mlflow_users() {
    local namespace models users
    local -A reading training
    users=$(described churn-operator "$(read_secret "$system" mlflow-operator password)" operator)
    for namespace in "${namespaces[@]}"; do
        models=$(kubectl -n "$namespace" get churnmodels -o 'jsonpath={range .items[*]}"{.spec.model.name}",{end}')
        reading[$namespace]=$(password_of "$namespace" mlflow-credentials "serving-$namespace")
        training[$namespace]=$(password_of "$namespace" mlflow-training-credentials "training-$namespace")
        users+=", $(described "serving-$namespace" "${reading[$namespace]}" reader)"
        users+=", $(described "training-$namespace" "${training[$namespace]}" trainer "${models%,}")"
    done
    printf '[%s]' "$users" | kubectl -n "$system" exec --stdin deployment/mlflow -- python /etc/mlflow/users.py
    for namespace in "${namespaces[@]}"; do
        secret "$namespace" mlflow-credentials username "serving-$namespace" password "${reading[$namespace]}"
        secret "$namespace" mlflow-training-credentials username "training-$namespace" password "${training[$namespace]}"
    done
}

kubectl version >/dev/null 2>&1 || fail "no cluster answers: kind create cluster (or make cluster, where images cannot be pulled)"
cluster=$(kind_cluster)
choose_sources
"$root/manifests/images.sh"
if [ -n "$cluster" ]; then
    step "loading the images into the kind cluster $cluster" load_images
else
    say "not a kind cluster: its nodes must be able to pull churnserve/*:dev by themselves"
fi
step "making Secrets with random passwords, unless they are there" make_secrets
step "applying manifests/overlays/$overlay" apply "$overlay"
for part in statefulset/postgresql deployment/mlflow; do wait_for "$system" "$part"; done
step "making MLflow's users" make_mlflow_users
for part in churn-operator prometheus alertmanager; do wait_for "$system" "deployment/$part"; done

cat <<'END'
ChurnServe is ready. Next, from customers to answers:

  make data CSV=path/to/telco.csv                        # into PostgreSQL in the cluster
  kubectl apply -f manifests/examples/telco.yaml         # trains, registers, serves
  kubectl -n churn wait --for=condition=Ready churnmodel/telco --timeout=5m
  kubectl -n churn port-forward service/telco 9080:8080 &
  curl -s localhost:9080/v2/models/telco/infer -H 'Content-Type: application/json' -d @models/telco/request.json

MLflow: kubectl -n churnserve-system port-forward service/mlflow 9500:5000, user admin, password:
  kubectl -n churnserve-system get secret mlflow-credentials -o go-template='{{.data.password | base64decode}}'
Prometheus and its alerts: kubectl -n churnserve-system port-forward service/prometheus 9090
END
