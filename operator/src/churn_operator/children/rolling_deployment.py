"""A Deployment whose pods hold a bundle, rolled 0/1: a pod goes only when one of the new template is ready.

The serving Deployment and each member's are made by it.
"""

from dataclasses import dataclass

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.quantities import seconds
from churn_operator.children.drift_sidecar import with_drift_sidecar
from churn_operator.children.finished import finished
from churn_operator.children.kept_predictions import with_kept_predictions
from churn_operator.children.metadata import metadata
from churn_operator.children.serving_pod import fetch_container, serving_pod, startup_probe
from churn_operator.names import DIGEST_ANNOTATION
from churn_operator.observe.record import Record
from churn_operator.settings import Settings


@dataclass(frozen=True)
class PodSet:
    """What tells one Deployment's pods from another's."""

    name: str
    labels: dict[str, str]
    """Of the Deployment."""
    pod_labels: dict[str, str]
    selector: dict[str, str]


def pod_template(model: ChurnModel, record: Record, pods: PodSet, server: Manifest, settings: Settings) -> Manifest:
    """The template of pods that serve the record's bundle, for its record."""
    server = {**server, "startupProbe": startup_probe(seconds(model.spec.rollout.progress_deadline))}
    fetch = fetch_container(model, record, settings.tracking_uri)
    template = {
        "metadata": {"labels": pods.pod_labels, "annotations": {DIGEST_ANNOTATION: record.bundle.digest}},
        "spec": with_drift_sidecar(serving_pod(model.name, pods.selector, fetch, server), model.name, record),
    }
    template = with_kept_predictions(template, record)
    return finished(template, record.configuration.pod_options, settings, pods.selector)


def rolling_deployment(model: ChurnModel, pods: PodSet, template: Manifest) -> Manifest:
    """The Deployment without spec.replicas."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(model, pods.name, pods.labels),
        "spec": {
            "selector": {"matchLabels": pods.selector},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "minReadySeconds": 2,
            "progressDeadlineSeconds": seconds(model.spec.rollout.progress_deadline),
            "revisionHistoryLimit": 2,
            "template": template,
        },
    }
