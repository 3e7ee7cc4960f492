"""The audit chains of a name, read whole by whoever may list ConfigMaps: the command line, never the operator."""

from kubernetes.aio import config

from churn_operator.audit.export import Chains, chains_of
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.kinds import CONFIG_MAP
from churn_operator.errors import Unreachable
from churn_operator.names import COMPONENT_LABEL, MODEL_LABEL, Component


async def read_chains(namespace: str, name: str) -> Chains:
    """Of every ChurnModel that has, or had, this name. Raises ClusterError."""
    try:
        api = await ApiServer.connect()
    except config.ConfigException as error:
        raise Unreachable(f"neither a pod's credentials nor a kubeconfig: {error}") from error
    try:
        labels = f"{MODEL_LABEL}={name},{COMPONENT_LABEL}={Component.AUDIT}"
        found = await api.list(CONFIG_MAP, namespace, labels)
    finally:
        await api.close()
    return chains_of({one["metadata"]["name"]: one.get("data") or {} for one in found})
