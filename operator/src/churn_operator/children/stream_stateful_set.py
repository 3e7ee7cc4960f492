"""The StatefulSet of the workers that score a topic: each shares the topic's partitions with the others of its group.

A StatefulSet for the names of its pods alone: in exactly-once delivery a worker's transactional id is its pod's name,
so that the pod's next life ends at once what the last one left open. The image is the one of the stable revision, so a
worker never runs what the servers have not been tried with.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions, with_known_variables
from churn_operator.api.stream import Delivery, Stream
from churn_operator.children.drift_sidecar import with_drift_sidecar
from churn_operator.children.finished import finished
from churn_operator.children.literal import literal
from churn_operator.children.metadata import metadata
from churn_operator.children.pod import HOME, TEMPORARY_MOUNT, restricted_container
from churn_operator.children.serving_pod import BUNDLE_FILES, BUNDLE_MOUNT, fetch_container, http_probe, spread_pod
from churn_operator.children.state_login import login_arguments, login_mounts, login_volumes
from churn_operator.names import (
    DIGEST_ANNOTATION,
    METRICS_PORT,
    REVISION_LABEL,
    STREAM_CONTAINER,
    TRAFFIC_URL_VARIABLE,
    VERSION_ANNOTATION,
    state_name,
    stream_labels,
    stream_name,
    stream_selector,
    traffic_url,
)
from churn_operator.observe.record import Record
from churn_operator.observe.stream_roll import StreamRoll
from churn_operator.settings import Settings

_CREDENTIALS = "/credentials"
_POD: Manifest = {"name": "CHURN_POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
_START_SECONDS = 300
"""Until it has read and proved its bundle: a minute for a large one on a busy node. It waits for brokers after that."""
_DELIVERIES = {Delivery.AT_LEAST_ONCE: "at-least-once", Delivery.EXACTLY_ONCE: "exactly-once"}


def build_stream_stateful_set(
    model: ChurnModel, stream: Stream, stable: Record, roll: StreamRoll, settings: Settings
) -> Manifest:
    """A new version comes to one pod after the other, the last ordinal first. Where it is scaled, without replicas."""
    spec: Manifest = {
        "selector": {"matchLabels": stream_selector(model.name)},
        # They need nothing of one another, and the first one that cannot start must not hold up its own replacement.
        "podManagementPolicy": "Parallel",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": roll.partition}},
        "minReadySeconds": 2,
        "revisionHistoryLimit": 2,
        "template": _template(model, stream, stable, settings),
    }
    if stream.scaling is None:
        spec["replicas"] = stream.replicas or 1
    told = metadata(model, stream_name(model.name), stream_labels(model.name))
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {**told, "annotations": roll.annotations()},
        "spec": spec,
    }


def _template(model: ChurnModel, stream: Stream, stable: Record, settings: Settings) -> Manifest:
    bundle, selector = stable.bundle, stream_selector(model.name)
    fetch = fetch_container(model, stable, settings.tracking_uri)
    pod = spread_pod(model.name, selector, fetch, _container(model, stream, stable, settings))
    template = {
        "metadata": {
            "labels": stream_labels(model.name) | {REVISION_LABEL: stable.identifier},
            "annotations": {DIGEST_ANNOTATION: bundle.digest, VERSION_ANNOTATION: bundle.version},
        },
        "spec": with_drift_sidecar({**pod, "volumes": [*pod["volumes"], *_volumes(stream)]}, model.name, stable),
    }
    return finished(template, _options(stream, stable), settings, selector)


def _options(stream: Stream, stable: Record) -> PodOptions:
    options = stable.configuration.pod or PodOptions()
    secrets = [stream.credentials_secret, stream.state.credentials_secret if stream.state else None]
    return with_known_variables(options) if any(secrets) else options


def _container(model: ChurnModel, stream: Stream, stable: Record, settings: Settings) -> Manifest:
    mounts = [{"name": "credentials", "mountPath": _CREDENTIALS, "readOnly": True}] if stream.credentials_secret else []
    traffic = traffic_url(settings.system_namespace, model.namespace, model.name)
    return {
        **restricted_container(STREAM_CONTAINER, stable.configuration.image, stream.resources),
        "args": _arguments(model, stream, stable),
        # A variable is ignored by a worker from before there were shadows, an argument would end it.
        "env": [*HOME, _POD, {"name": TRAFFIC_URL_VARIABLE, "value": traffic}],
        "ports": [{"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"}],
        "startupProbe": http_probe("/live", "metrics", period=1, failures=_START_SECONDS),
        "readinessProbe": http_probe("/ready", "metrics", period=5, failures=2),
        "livenessProbe": http_probe("/live", "metrics", period=10, failures=3),
        "volumeMounts": [{**BUNDLE_MOUNT, "readOnly": True}, TEMPORARY_MOUNT, *mounts, *login_mounts(stream.state)],
    }


def _arguments(model: ChurnModel, stream: Stream, stable: Record) -> list[str]:
    group = stream.group or f"{model.namespace}.{model.name}"
    words = ["--digest", stable.bundle.digest, "--model-version", stable.bundle.version]
    words += ["--brokers", stream.brokers, "--input", stream.input, "--output", stream.output]
    words += ["--dead-letter", stream.dead_letter, "--group", group, "--delivery", _DELIVERIES[stream.delivery]]
    words += [f"--output-value={output}" for output in stream.outputs or ()]
    words += [f"--top-reasons={stream.top_reasons}"] if stream.top_reasons else []
    words += ["--credentials", _CREDENTIALS] if stream.credentials_secret else []
    if stream.events and stream.state:
        words += ["--events", stream.events, "--state", stream.state.url, *login_arguments(stream.state)]
        words += ["--state-name", state_name(model.namespace, model.name)]
    transactions: list[str] = []
    if stream.delivery is Delivery.EXACTLY_ONCE:
        # Brokers know it among those of all their users: by the group, whose rights it can share by a prefix.
        transactions = ["--transactional-id", f"{group}.{model.namespace}.$(CHURN_POD)"]
    return ["stream", "--bundle", BUNDLE_FILES, *transactions, *literal(words)]


def _volumes(stream: Stream) -> list[Manifest]:
    secret = stream.credentials_secret
    brokers: list[Manifest] = [{"name": "credentials", "secret": {"secretName": secret}}] if secret else []
    return [*brokers, *login_volumes(stream.state)]
