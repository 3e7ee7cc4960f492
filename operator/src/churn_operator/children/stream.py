"""All children of spec.stream: what the workers need comes first."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.stream import Stream
from churn_operator.children.stream_network_policy import build_stream_network_policy
from churn_operator.children.stream_pod_disruption_budget import build_stream_pod_disruption_budget
from churn_operator.children.stream_scaler import build_stream_scaler
from churn_operator.children.stream_stateful_set import build_stream_stateful_set
from churn_operator.decide.plan import Plan
from churn_operator.observe.record import Record
from churn_operator.settings import Settings


def build_stream(
    model: ChurnModel, stream: Stream, plan: Plan, record: Record, settings: Settings
) -> list[Manifest | None]:
    """Workers that score by this revision; until they have rolled, by any of the plan's records."""
    return [
        build_stream_network_policy(model, stream, plan, settings),
        build_stream_stateful_set(model, stream, record, plan.stream_roll, settings),
        build_stream_scaler(model, stream, plan.has_keda),
        build_stream_pod_disruption_budget(model),
    ]
