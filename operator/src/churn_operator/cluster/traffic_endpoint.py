"""Has the Service of /traffic and /alerts lead to this operator alone, once it leads, by an EndpointSlice of its own.

The Service has no selector, so a standby is never asked. `main` turns it as a loop of the leader; where the slice is
missing or names another pod, it is written again, as long as the Lease has time left.
"""

import ipaddress
import logging

from churn_operator.api.manifest import Manifest
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.kinds import ENDPOINT_SLICE
from churn_operator.errors import NotFound
from churn_operator.names import ALERTS_PORT, FIELD_MANAGER, TRAFFIC_PORT, TRAFFIC_SERVICE

_PERIOD_SECONDS = 10.0

logger = logging.getLogger(__name__)


class TrafficEndpoint:
    """Of one operator, whose pod has this address; without one, it says once that nobody can ask it."""

    def __init__(self, api: ApiServer, namespace: str, address: str | None) -> None:
        self._api = api
        self._namespace = namespace
        self._address = address
        if address is None:
            logger.warning("POD_IP is not set: serving pods cannot ask this operator which version to try")

    async def hold(self) -> float:
        """Take the Service over, or keep it. A turn of a loop. Raises ClusterError."""
        if self._address is None:
            return _PERIOD_SECONDS
        wanted = endpoint_slice(self._namespace, self._address)
        try:
            live = await self._api.get(ENDPOINT_SLICE, self._namespace, TRAFFIC_SERVICE)
        except NotFound:
            live = {}
        if not _leads_here(live, wanted):
            await self._api.apply(ENDPOINT_SLICE, wanted)
            logger.info("the Service %s leads to %s", TRAFFIC_SERVICE, self._address)
        return _PERIOD_SECONDS


def endpoint_slice(namespace: str, address: str) -> Manifest:
    """That names one address."""
    labels = {
        "kubernetes.io/service-name": TRAFFIC_SERVICE,
        # Kubernetes' own controllers leave alone what another one manages.
        "endpointslice.kubernetes.io/managed-by": FIELD_MANAGER,
    }
    return {
        "apiVersion": ENDPOINT_SLICE.api_version,
        "kind": ENDPOINT_SLICE.kind,
        "metadata": {"name": TRAFFIC_SERVICE, "namespace": namespace, "labels": labels},
        "addressType": f"IPv{ipaddress.ip_address(address).version}",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [
            {"name": "traffic", "port": TRAFFIC_PORT, "protocol": "TCP"},
            {"name": "alerts", "port": ALERTS_PORT, "protocol": "TCP"},
        ],
    }


def _leads_here(live: Manifest, wanted: Manifest) -> bool:
    addresses = [address for endpoint in live.get("endpoints") or [] for address in endpoint["addresses"]]
    ports = {(port.get("name"), port.get("port")) for port in live.get("ports") or []}
    labels = live.get("metadata", {}).get("labels", {})
    return (
        addresses == wanted["endpoints"][0]["addresses"]
        and ports == {(port["name"], port["port"]) for port in wanted["ports"]}
        and wanted["metadata"]["labels"].items() <= labels.items()
    )
