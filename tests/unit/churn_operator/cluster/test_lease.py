"""An attempt at the Lease never ends the process, whatever the connection does, and says why it failed."""

import asyncio
from typing import Any, cast

import aiohttp
import pytest
from churn_operator.cluster import lease as module
from churn_operator.cluster.lease import Lease
from churn_operator.errors import Unreachable
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

_NAME = "the Lease system/churn-operator"


class FakeLeases:
    """Answers each call by an error, or as if there were no Lease yet."""

    def __init__(self, read: Exception | None, create: Exception | None) -> None:
        self.read, self.create = read, create

    async def read_namespaced_lease(self, *_: Any) -> None:
        """Never find it."""
        missing = ApiException(404, "Not Found")
        missing.body = '{"code": 404}'
        raise self.read or missing

    async def create_namespaced_lease(self, *_: Any) -> None:
        """Create it, or not."""
        if self.create:
            raise self.create


def _attempt(read: Exception | None, create: Exception | None) -> tuple[bool, Lease]:
    async def main() -> tuple[bool, Lease]:
        lease = Lease("system", "pod-0", client.ApiClient())
        await lease.api_instance.api_client.close()
        lease.api_instance = cast(client.CoordinationV1Api, FakeLeases(read, create))
        return await module._attempt(module._election(lease), lease), lease

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("read", "create", "problem"),
    [
        pytest.param(aiohttp.ClientConnectionError("refused"), None, "does not answer", id="refused"),
        pytest.param(ConnectionResetError("reset"), None, "does not answer", id="reset"),
        pytest.param(TimeoutError(), None, "does not answer", id="timed out"),
        pytest.param(None, aiohttp.ServerDisconnectedError(), "does not answer", id="cut at creation"),
        pytest.param(ValueError("HTML"), None, "does not answer", id="no Lease in the answer"),
        pytest.param(ApiException(403, "Forbidden"), None, f"{_NAME} cannot be read: 403", id="may not read"),
        pytest.param(None, ApiException(403, "Forbidden"), f"{_NAME} cannot be created: 403", id="may not create"),
        pytest.param(None, ApiException(409, "Conflict"), None, id="another was faster"),
    ],
)
def test_an_attempt_that_fails(read: Exception | None, create: Exception | None, problem: str | None) -> None:
    held, lease = _attempt(read, create)
    assert not held
    assert (lease.problem is None) if problem is None else (problem in str(lease.problem))
    with pytest.raises(Unreachable, match="not renewed"):
        lease.seconds_left()


def test_an_attempt_that_succeeds_allows_writes_until_the_renew_deadline() -> None:
    held, lease = _attempt(None, None)
    assert held
    assert lease.problem is None
    assert 9 < lease.seconds_left() <= 10
