"""The PodDisruptionBudget of the stream's workers: a drained node takes one at a time, so partitions move once."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.pod_disruption_budget import one_pod_less
from churn_operator.names import stream_labels, stream_name, stream_selector


def build_stream_pod_disruption_budget(model: ChurnModel) -> Manifest:
    """At most one worker less than wanted; a single one can be drained too."""
    return one_pod_less(model, stream_name(model.name), stream_labels(model.name), stream_selector(model.name))
