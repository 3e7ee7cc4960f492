"""The Deployment whose one pod verifies a candidate: what will run after a promotion is what is started here.

The pod answers no users. It alone parses the members' files, and offers the table that it packed to the stable pods.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.quantities import seconds
from churn_operator.children.metadata import metadata
from churn_operator.names import TRACK_LABEL, Track, candidate_name, candidate_selector, serving_labels
from churn_operator.observe.record import Record


def build_verifier(model: ChurnModel, record: Record) -> Manifest:
    """The record's serving template on the other track, so that neither Service nor budget nor autoscaler count it."""
    template = record.templates.serving
    assert template is not None, "what is verified has its templates"
    labels = template["metadata"]["labels"] | {TRACK_LABEL: Track.CANDIDATE.value}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(model, candidate_name(model.name), serving_labels(model.name)),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": candidate_selector(model.name)},
            # Another candidate takes its place: nobody needs the one before, and a full cluster has room for one.
            "strategy": {"type": "Recreate"},
            "minReadySeconds": 2,
            "progressDeadlineSeconds": seconds(model.spec.rollout.progress_deadline),
            "revisionHistoryLimit": 0,
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        },
    }
