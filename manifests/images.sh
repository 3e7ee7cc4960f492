#!/usr/bin/env bash
# make images: churnserve/{operator,serving,drift,scoring,training,mlflow}:dev, and PostgreSQL, Prometheus and Alertmanager
# where the upstream images cannot be had.
#   images.sh [NAME...]       these alone; kafka, which `make broker` asks for, is among no others
set -euo pipefail
# shellcheck source=manifests/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build() {
    local options=(--build-arg "BASE_IMAGE=$base" --tag "$(local_name "$1")" "${build_options[@]}")
    case $1 in
        kafka) kafka_context | docker build "${options[@]}" - ;;
        postgresql) docker build "${options[@]}" "$root/manifests/overlays/local/postgresql" ;;
        prometheus | alertmanager)
            docker build "${options[@]}" --target "$1" "$root/manifests/overlays/local/monitoring" ;;
        *) docker build "${options[@]}" --target "$1" --label "org.opencontainers.image.version=$version" "$root" ;;
    esac
}

# Apache Kafka as the tests have it.
kafka_context() {
    "$root/tests/support/install_kafka.sh" >&2
    tar --create --directory "$("$root/tests/support/install_kafka.sh" --path)" java libs \
        --directory "$root/manifests/overlays/local/kafka" Dockerfile kafka.sh
}

choose_sources
[ $# = 0 ] || images=("$@")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/pyproject.toml")
for name in "${images[@]}"; do
    step "building the image $name (minutes the first time, seconds after a change of code)" build "$name"
done
docker image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' | grep '^churnserve/.*:dev '
