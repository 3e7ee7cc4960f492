"""The NetworkPolicy of workers that score a topic: anybody may scrape them; they fetch a bundle, reach operator and
brokers, and the state store where they keep what events say.

Their drift sidecars are for the operator and Prometheus alone.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.stream import Stream
from churn_operator.children.egress import tcp, to_operator, to_state
from churn_operator.children.metadata import metadata
from churn_operator.children.network_policy import fetching_egress, sidecar_ingress
from churn_operator.decide.plan import Plan
from churn_operator.names import METRICS_PORT, stream_labels, stream_name, stream_selector
from churn_operator.observe.stream_reach import StreamReach
from churn_operator.settings import Settings


def build_stream_network_policy(model: ChurnModel, stream: Stream, plan: Plan, settings: Settings) -> Manifest:
    """The brokers' ports on any host: a client goes on to hosts that the first broker names.

    It is for workers of all revisions, and of the template before, for as long as these are there.
    """
    reach = _asked(stream).plus(plan.stream_reach)
    brokers = {"ports": [tcp(port) for port in sorted(reach.ports)]}
    states = [to_state(url) for url in sorted(reach.states)]
    configurations = [one.configuration for one in plan.records]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model, stream_name(model.name), stream_labels(model.name)),
        "spec": {
            "podSelector": {"matchLabels": stream_selector(model.name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": [tcp(METRICS_PORT)]}, *sidecar_ingress(settings, configurations)],
            "egress": [*fetching_egress(model, settings), to_operator(settings), brokers, *states],
        },
    }


def _asked(stream: Stream) -> StreamReach:
    return StreamReach(frozenset(stream.ports), frozenset([stream.state.url] if stream.state else []))
