"""KEDA's ScaledObjects, where there is KEDA: discovery is asked once a minute."""

import asyncio
from typing import cast

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.keda import Keda
from churn_operator.cluster.kinds import Kind
from churn_operator.errors import NotFound

FOUND: Manifest = {"kind": "ScaledObject", "metadata": {"name": "telco-stream"}}


class _Server:
    def __init__(self) -> None:
        self.resources: list[str] | None = None
        self.discovered = 0
        self.seconds = 0.0

    async def discover(self, _: Kind) -> Manifest:
        self.discovered += 1
        if self.resources is None:
            raise NotFound("/apis/keda.sh/v1alpha1")
        return {"resources": [{"name": name} for name in self.resources]}

    async def list(self, kind: Kind, namespace: str, labels: str) -> list[Manifest]:
        if kind.plural not in (self.resources or ()):
            raise NotFound(kind.path(namespace))
        return [FOUND]


@pytest.fixture
def server() -> _Server:
    return _Server()


@pytest.fixture
def keda(server: _Server) -> Keda:
    return Keda(cast(ApiServer, server), lambda: server.seconds)


def _asked(keda: Keda) -> list[Manifest] | None:
    return asyncio.run(keda.scaled_objects("churn", "churnserve.dev/model=telco"))


def test_it_comes_and_goes_while_the_operator_runs(server: _Server, keda: Keda) -> None:
    told = []
    for resources in (None, ["scaledjobs"], ["scaledobjects"], None):
        server.resources = resources
        told.append(_asked(keda))
        server.seconds += 60
    assert told == [None, None, [FOUND], None]


def test_it_may_go_at_any_moment(server: _Server, keda: Keda) -> None:
    server.resources = ["scaledobjects"]
    assert _asked(keda) == [FOUND]
    server.resources = None
    assert _asked(keda) is None


def test_many_reconciles_ask_once(server: _Server, keda: Keda) -> None:
    for _ in range(100):
        _asked(keda)
        server.seconds += 0.5
    assert server.discovered == 1
