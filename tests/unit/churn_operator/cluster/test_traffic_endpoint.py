"""The Service of /traffic leads to the leader alone, and is written only where it does not."""

import asyncio
from typing import cast

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.kinds import Kind
from churn_operator.cluster.traffic_endpoint import TrafficEndpoint, endpoint_slice
from churn_operator.errors import NotFound


class Cluster:
    """One EndpointSlice, or none."""

    def __init__(self, live: Manifest | None) -> None:
        self.live = live
        self.writes = 0

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """The slice."""
        assert (kind.plural, namespace, name) == ("endpointslices", "system", "churn-operator-traffic")
        if self.live is None:
            raise NotFound(name)
        return self.live

    async def apply(self, kind: Kind, manifest: Manifest) -> Manifest:
        """Replace it."""
        self.writes += 1
        self.live = manifest
        return manifest


def _hold(cluster: Cluster, address: str | None = "10.0.0.1") -> None:
    asyncio.run(TrafficEndpoint(cast(ApiServer, cluster), "system", address).hold())


OURS = endpoint_slice("system", "10.0.0.1")
OTHERS = {
    "none": None,
    "of the leader before": endpoint_slice("system", "10.0.0.2"),
    "without endpoints": {**OURS, "endpoints": None},
    "with one more": {**OURS, "endpoints": [*OURS["endpoints"], {"addresses": ["10.0.0.3"]}]},
    "at another port": {**OURS, "ports": [{"port": 1}]},
    "of an operator that knew no alerts": {**OURS, "ports": OURS["ports"][:1]},
    "without its labels": {**OURS, "metadata": {**OURS["metadata"], "labels": {}}},
}


@pytest.mark.parametrize("live", OTHERS.values(), ids=OTHERS.keys())
def test_it_is_taken_over(live: Manifest | None) -> None:
    cluster = Cluster(live)
    _hold(cluster)
    assert (cluster.live, cluster.writes) == (OURS, 1)


def test_what_leads_here_is_not_written() -> None:
    cluster = Cluster(OURS)
    _hold(cluster)
    assert cluster.writes == 0


def test_without_an_address_nothing_is_written(caplog: pytest.LogCaptureFixture) -> None:
    cluster = Cluster(None)
    _hold(cluster, None)
    assert cluster.writes == 0
    assert "POD_IP is not set" in caplog.text


def test_an_address_of_ipv6() -> None:
    assert endpoint_slice("system", "fd00::7")["addressType"] == "IPv6"
