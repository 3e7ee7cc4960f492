"""A denied child: what comes after it waits, unless it is spec.batch's alone."""

import asyncio
from typing import Any, cast

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.apply_children import apply_children
from churn_operator.cluster.kinds import Kind
from churn_operator.errors import Denied, NotFound
from churn_operator.names import COMPONENT_LABEL, Component
from support.observations import observed


class _DeniesSome:
    """An API server where nothing is yet, and whose admission denies these names."""

    def __init__(self, denied: tuple[str, ...]) -> None:
        self.denied = denied
        self.written: list[str] = []

    async def get(self, *_: Any) -> Manifest:
        """Nothing is there."""
        raise NotFound("nothing")

    async def apply(self, kind: Kind, manifest: Manifest) -> None:
        """Write or deny."""
        label = f"{kind.kind}/{manifest['metadata']['name']}"
        if label in self.denied:
            raise Denied(f"{label}: exceeded quota")
        self.written.append(label)


def _child(kind: str, name: str, component: Component) -> Manifest:
    return {"kind": kind, "metadata": {"name": name, "labels": {COMPONENT_LABEL: component.value}}, "spec": {}}


WANTED = [
    _child("Service", "telco", Component.SERVING),
    _child("NetworkPolicy", "telco-batch", Component.BATCH),
    _child("CronJob", "telco-batch", Component.BATCH),
    _child("PodDisruptionBudget", "telco", Component.SERVING),
]
ALL = ["Service/telco", "NetworkPolicy/telco-batch", "CronJob/telco-batch", "PodDisruptionBudget/telco"]


@pytest.mark.parametrize(
    ("denied", "written", "blocks", "of_batch"),
    [
        ((), ALL, None, None),
        (("CronJob/telco-batch",), [ALL[0], ALL[1], ALL[3]], None, "CronJob/telco-batch"),
        (("NetworkPolicy/telco-batch",), [ALL[0], ALL[3]], None, "NetworkPolicy/telco-batch"),
        (("Service/telco",), [], "Service/telco", None),
        (("CronJob/telco-batch", ALL[3]), ALL[:2], ALL[3], "CronJob/telco-batch"),
    ],
    ids=["nothing", "the CronJob", "its NetworkPolicy", "a Service", "both"],
)
def test_a_denial_of_batch_ends_batch_alone(
    denied: tuple[str, ...], written: list[str], blocks: str | None, of_batch: str | None
) -> None:
    api = _DeniesSome(denied)
    result = asyncio.run(apply_children(cast(ApiServer, api), observed(), WANTED))
    assert api.written == written
    for found, label in ((result.denied, blocks), (result.apart.get(Component.BATCH), of_batch)):
        assert (found.message if found else None) == (f"{label}: exceeded quota" if label else None)
