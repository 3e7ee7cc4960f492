#!/usr/bin/env bash
# make data CSV=path [ENSEMBLE=telco]: hands the file to a Job in the cluster, which validates it by the ensemble's
# schema (a ConfigMap of that name, else a folder of the training image) and makes the PostgreSQL table of the
# ensemble's name hold exactly its rows.
#   data.sh FILE [ENSEMBLE [NAMESPACE]]
set -euo pipefail
# shellcheck source=manifests/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

file=${1:-}
export ENSEMBLE=${2:-telco} NAMESPACE=${3:-${namespaces[0]}}
[ -f "$file" ] || fail "no such file: ${file:-(make data CSV=path)}"
unpacked=${file%.gz}  # of customers.csv.gz both endings count
export JOB=ingest-$ENSEMBLE FILE=/data/$ENSEMBLE.${unpacked##*.}${file#"$unpacked"}
IMAGE=$(kubectl -n "$system" get deployment churn-operator \
    -o 'jsonpath={..env[?(@.name=="CHURN_TRAINING_IMAGE")].value}') || fail "ChurnServe is not deployed: make deploy"
export IMAGE

start() {
    kubectl -n "$NAMESPACE" delete job "$JOB" --ignore-not-found --timeout 2m
    sed -e "s,\$JOB,$JOB,g" -e "s,\$NAMESPACE,$NAMESPACE,g" -e "s,\$ENSEMBLE,$ENSEMBLE,g" -e "s,\$FILE,$FILE,g" \
        -e "s,\$IMAGE,$IMAGE,g" "$root/manifests/ingest-job.yaml" | kubectl create -f -
    # Not for its pod by labels: that fails at once while there is none yet.
    kubectl -n "$NAMESPACE" wait "job/$JOB" --for 'jsonpath={.status.ready}=1' --timeout 2m
}

# The sum is compared before the file gets its name: half a file is never read.
# shellcheck disable=SC2016 # for the shell in the pod
send() {
    kubectl -n "$NAMESPACE" exec --stdin "job/$JOB" -- \
        sh -c 'cat >"$1.part" && [ "$(cksum <"$1.part")" = "$2" ] && mv "$1.part" "$1"' sh "$FILE" "$(cksum <"$file")" <"$file"
}

finished() { kubectl -n "$NAMESPACE" get job "$JOB" -o 'jsonpath={.status.succeeded}{.status.failed}'; }

step "starting the Job $JOB" start
step "sending $file ($(($(wc -c <"$file") / 1024)) KiB)" send
kubectl -n "$NAMESPACE" logs --follow "job/$JOB"
until [ -n "$(finished)" ]; do sleep 1; done
[ -n "$(kubectl -n "$NAMESPACE" get job "$JOB" -o 'jsonpath={.status.succeeded}')" ] \
    || fail "$file was not taken; the Job's words are above"
