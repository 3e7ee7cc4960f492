"""The audit chain of a ChurnModel as it lies in the cluster."""

import json

from churn_operator.audit.export import chains_of
from churn_operator.audit.verify import verify
from support.churn_model_handle import ChurnModelHandle
from support.kube_client import KubeClient, Object

_CONFIG_MAPS = "/api/v1/namespaces/{}/configmaps"


def chain_paths(model: ChurnModelHandle) -> list[str]:
    """Of the ConfigMaps of all chains of this name."""
    path = _CONFIG_MAPS.format(model.namespace)
    return [f"{path}/{name}" for name in _held(model.kube, model.namespace, model.name)]


def records(model: ChurnModelHandle, since: int = 0) -> list[Object]:
    """Of this very ChurnModel, but for the first ones; the chain holds. Raises AssertionError where it does not."""
    segments = chains_of(_held(model.kube, model.namespace, model.name)).get(model.live()["metadata"]["uid"], [])
    checked = verify(model.live()["metadata"]["uid"], segments)
    assert checked.broken is None, checked
    found = [json.loads(one.data[key]) for one in segments for key in sorted(one.data)]
    return found[since:]


def words(found: list[Object]) -> list[str]:
    """Each record's action, and its result where it is an outcome."""
    return [" ".join(filter(None, (one["action"], one.get("result")))) for one in found]


def _held(kube: KubeClient, namespace: str, name: str) -> dict[str, dict[str, str]]:
    selector = f"churnserve.dev/model={name},app.kubernetes.io/component=audit"
    found = kube.items(_CONFIG_MAPS.format(namespace), labelSelector=selector)
    return {one["metadata"]["name"]: one.get("data") or {} for one in found}
