#!/usr/bin/env bash
# make broker: a small Kafka broker in the cluster of the current kubeconfig, with the topics of the example
# telco-stream.yaml. Its data go with its pod.
set -euo pipefail
# shellcheck source=manifests/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

topics=(customers scores customers-dead)
partitions=6

make_topics() {
    local topic
    for topic in "${topics[@]}"; do
        kubectl -n kafka exec kafka-0 -- env KAFKA_HEAP_OPTS=-Xmx64m /opt/kafka/bin/kafka-topics.sh \
            --bootstrap-server localhost:9092 --create --if-not-exists --topic "$topic" --partitions "$partitions"
    done
}

kubectl version >/dev/null 2>&1 || fail "no cluster answers: make cluster deploy"
cluster=$(kind_cluster)
choose_sources
# Where images can be pulled, the nodes do it.
images=()
[ "$overlay" = kind ] || images=(kafka)
if [ ${#images[@]} != 0 ]; then
    "$root/manifests/images.sh" "${images[@]}"
    [ -z "$cluster" ] || step "loading it into the kind cluster $cluster" load_images
fi
step "applying manifests/overlays/$overlay/kafka" apply "$overlay/kafka"
wait_for kafka statefulset/kafka
step "making the topics ${topics[*]}" make_topics

cat <<'END'
The broker is kafka.kafka:9092. Next:

  kubectl apply -f manifests/examples/telco-stream.yaml
  kubectl -n churn wait --for=condition=StreamReady churnmodel/telco --timeout=5m
END
