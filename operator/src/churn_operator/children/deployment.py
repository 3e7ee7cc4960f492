"""The serving Deployment: a pod of the old revision goes only when one of the new has reproduced its golden rows."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.rolling_deployment import rolling_deployment
from churn_operator.children.serving_template import serving_pods
from churn_operator.observe.record import Record

_DEFAULT_REPLICAS = 2


def build_deployment(model: ChurnModel, record: Record, stops_rollout: bool) -> Manifest:
    """The Deployment of the record's template; without spec.replicas when an HPA sets them."""
    assert record.templates.serving is not None, "what runs has its templates"
    deployment = rolling_deployment(model, serving_pods(model, record), record.templates.serving)
    if model.spec.serving.autoscaling is None:
        deployment["spec"]["replicas"] = model.spec.serving.replicas or _DEFAULT_REPLICAS
    if stops_rollout:
        # Not written as false otherwise: the API server leaves false out, and it would differ for ever.
        deployment["spec"]["paused"] = True
        # Paused or not, Kubernetes lets the old pods go once every new one is available, which a single new one is as
        # soon as it is Ready. It answers all the same meanwhile. Validation wants it below the deadline.
        deployment["spec"]["minReadySeconds"] = deployment["spec"]["progressDeadlineSeconds"] - 1
    return deployment
