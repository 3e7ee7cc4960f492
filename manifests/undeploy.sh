#!/usr/bin/env bash
# make undeploy: removes what make deploy made, data included.
set -euo pipefail
# shellcheck source=manifests/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The overlays differ in images alone. Secrets, volumes and the ChurnModels' children go with their namespaces.
delete_all() { kubectl delete --kustomize "$root/manifests/overlays/local" --ignore-not-found --timeout 5m; }

step "deleting ChurnServe and its data from $(kubectl config current-context)" delete_all
