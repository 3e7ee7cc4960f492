"""What scales the workers of the stream: KEDA by the messages that wait, where the cluster has it, else an HPA by CPU.

KEDA makes an HPA of its own; two on one StatefulSet would fight, so there is one or the other.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.stream import Stream, StreamScaling
from churn_operator.children.horizontal_pod_autoscaler import cpu_of, slowly_down
from churn_operator.children.metadata import metadata
from churn_operator.names import STREAM_CONTAINER, stream_labels, stream_name

_CPU_UTILIZATION = 70


def build_stream_scaler(model: ChurnModel, stream: Stream, has_keda: bool) -> Manifest | None:
    """None without spec.stream.scaling."""
    if stream.scaling is None:
        return None
    build = _scaled_object if has_keda else _horizontal_pod_autoscaler
    return build(model, stream, stream.scaling)


def _scaled_object(model: ChurnModel, stream: Stream, scaling: StreamScaling) -> Manifest:
    trigger: Manifest = {
        "type": "kafka",
        "metadata": {
            "bootstrapServers": stream.brokers,
            "consumerGroup": stream.group or f"{model.namespace}.{model.name}",
            "topic": stream.input,
            "lagThreshold": str(scaling.lag_per_pod),
            # As the workers: a group without offsets begins with the oldest message.
            "offsetResetPolicy": "earliest",
        },
    }
    if scaling.trigger_authentication:
        trigger["authenticationRef"] = {"name": scaling.trigger_authentication}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata(model, stream_name(model.name), stream_labels(model.name)),
        "spec": {
            "scaleTargetRef": _target(model),
            # Not 0: of a topic that is itself transactional the markers count as messages that wait, for ever.
            "minReplicaCount": 1,
            "maxReplicaCount": scaling.max,
            "triggers": [trigger],
        },
    }


def _horizontal_pod_autoscaler(model: ChurnModel, _: Stream, scaling: StreamScaling) -> Manifest:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(model, stream_name(model.name), stream_labels(model.name)),
        "spec": {
            "scaleTargetRef": _target(model),
            "minReplicas": 1,
            "maxReplicas": scaling.max,
            "metrics": [cpu_of(STREAM_CONTAINER, _CPU_UTILIZATION)],
            "behavior": slowly_down(),
        },
    }


def _target(model: ChurnModel) -> Manifest:
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": stream_name(model.name)}
