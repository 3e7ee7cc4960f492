"""The NetworkPolicy of workers that score a topic: anybody may scrape them; they fetch a bundle, reach operator and
brokers, and the state store where they keep what events say.

Their drift sidecars are for the operator and Prometheus alone.
"""

from collections.abc import Sequence

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.stream import Stream
from churn_operator.children.egress import tcp, to_operator, to_state
from churn_operator.children.metadata import metadata
from churn_operator.children.network_policy import fetching_egress, sidecar_ingress
from churn_operator.names import METRICS_PORT, stream_labels, stream_name, stream_selector
from churn_operator.observe.configuration import Configuration
from churn_operator.settings import Settings


def build_stream_network_policy(
    model: ChurnModel, stream: Stream, settings: Settings, configurations: Sequence[Configuration]
) -> Manifest:
    """The brokers' ports on any host: a client goes on to hosts that the first broker names.

    `configurations`: of all revisions that workers may be of.
    """
    brokers = {"ports": [tcp(port) for port in stream.ports]}
    state = [to_state(stream.state.url)] if stream.state else []
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model, stream_name(model.name), stream_labels(model.name)),
        "spec": {
            "podSelector": {"matchLabels": stream_selector(model.name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": [tcp(METRICS_PORT)]}, *sidecar_ingress(settings, configurations)],
            "egress": [*fetching_egress(model, settings), to_operator(settings), brokers, *state],
        },
    }
