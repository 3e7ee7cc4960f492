"""Kubernetes Events of a ChurnModel: one per change of state, not one per reconcile."""

import logging

from churn_operator.api.churn_model import Resource
from churn_operator.api.status import Decision
from churn_operator.audit.entry import Deed
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.clock import utc_now
from churn_operator.cluster.kinds import EVENT
from churn_operator.errors import ClusterError
from churn_operator.names import API_VERSION, FIELD_MANAGER

_WARNINGS = frozenset(
    {
        Deed.REJECTED,
        Deed.ROLLED_BACK,
        Deed.TRAINING_FAILED,
        Deed.TRIAL_WAITS,
        Deed.BOTH_BAD,
        Deed.SAFE_MODE_ENTERED,
        Deed.AWAITS_APPROVAL,
        Deed.SUGGESTED,
        Deed.FROZEN,
        Deed.PREVIOUS_RECALLED,
        Deed.DATA_REJECTED,
        Deed.RETRAINING_FAILED,
        Deed.CHALLENGER_PASSED_OVER,
        Deed.HARM_ESTIMATED,
        Deed.POD_IS_ODD,
        Deed.SCHEMA_CHANGED,
        Deed.UPSTREAM_BROKEN,
        Deed.MONITOR_BLIND,
        Deed.STREAM_HELD_BACK,
    }
)

logger = logging.getLogger(__name__)


async def tell_decision(api: ApiServer, model: Resource, decision: Decision) -> None:
    """Write one Event. One that cannot be written is logged: it tells what the status tells already."""
    stamp = utc_now()
    reference = {
        "apiVersion": API_VERSION,
        "kind": "ChurnModel",
        "name": model.name,
        "namespace": model.namespace,
        "uid": model.uid,
    }
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{model.name}.", "namespace": model.namespace},
        "involvedObject": reference,
        "type": "Warning" if decision.action in _WARNINGS else "Normal",
        "reason": decision.action,
        "message": _message(decision)[:1000],
        "source": {"component": FIELD_MANAGER},
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }
    try:
        await api.create(EVENT, model.namespace, event)
    except ClusterError as error:
        logger.warning("%s/%s: the Event %s is lost: %s", model.namespace, model.name, decision.action, error)


def _message(decision: Decision) -> str:
    """Before the first version there is none to name."""
    return f"version {decision.version}: {decision.message}" if decision.version else decision.message
