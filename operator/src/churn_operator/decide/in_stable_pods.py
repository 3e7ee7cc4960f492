"""Whether the wanted revision can be tried in the stable pods, and what stands against it."""

from churn_operator.api.rollout import Strategy
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.observed import Observed
from churn_operator.names import SERVING_CONTAINER, TRAFFIC_URL_VARIABLE
from churn_operator.observe.record import Record


def is_asked_for(observed: Observed) -> bool:
    """Whether the strategy is Canary or Shadow."""
    return observed.model.spec.rollout.strategy is not Strategy.DIRECT


def why_not_in_stable_pods(observed: Observed, facts: Facts) -> str | None:
    """Known before anything is started; the pods themselves may know more (`rules.verifying`). None: nothing."""
    wanted, stable = facts.wanted, facts.stable
    if wanted is None or stable is None or facts.way_back is None:
        return "there is no version that serves"
    version = stable.bundle.version
    against = {
        f"pods of version {version} are not all there": not same(facts.settled, stable),
        "it is the same bundle in another configuration": wanted.bundle.digest == stable.bundle.digest,
        "more than its bundle differs (image, resources or pod options)": wanted.configuration != stable.configuration,
        "its placement is Distributed": wanted.configuration.fan_out is not None,
        f"pods of version {version} are from before the operator told weights": not _asks_for_weights(stable),
    }
    return next((why for why, is_so in against.items() if is_so), None)


def _asks_for_weights(record: Record) -> bool:
    """Whether its pods were made to ask the operator."""
    containers = ((record.templates.serving or {}).get("spec") or {}).get("containers") or []
    servers = (one for one in containers if one.get("name") == SERVING_CONTAINER)
    return any(var.get("name") == TRAFFIC_URL_VARIABLE for one in servers for var in one.get("env") or [])
