"""What the adapter makes of answers that no healthy API server gives."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
import pytest
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.kinds import CHURN_MODEL
from churn_operator.errors import Unreachable
from kubernetes.aio import client

PAGE = {"items": [{"metadata": {"name": "a"}}], "metadata": {"continue": "token"}}
LAST_PAGE = {"items": [{"metadata": {"name": "b"}}], "metadata": {}}


@dataclass
class _Answer:
    status: int
    content: bytes

    async def read(self) -> bytes:
        return self.content


def _json(body: object, status: int = 200) -> _Answer:
    return _Answer(status, json.dumps(body).encode())


EXPIRED = _json({"message": "The provided continue parameter is too old"}, 410)


@dataclass
class FakeClient:
    """Gives one answer after the other, the last one for ever."""

    answers: list[_Answer | Exception]
    asked: list[str] = field(default_factory=list)
    configuration: Any = field(default_factory=lambda: client.Configuration(host="https://api"))

    async def update_params_for_auth(self, *_: Any) -> None:
        """Add nothing."""

    async def call_api(self, method: str, url: str, *_: Any, **__: Any) -> _Answer:
        """The next answer."""
        self.asked.append(url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _listed(fake: FakeClient) -> list[str]:
    found = asyncio.run(ApiServer(cast(client.ApiClient, fake)).list(CHURN_MODEL, "churn"))
    return [item["metadata"]["name"] for item in found]


def test_a_list_whose_later_pages_expired_is_begun_anew() -> None:
    fake = FakeClient([_json(PAGE), EXPIRED, _json(PAGE), _json(LAST_PAGE)])
    assert _listed(fake) == ["a", "b"]
    assert ["continue=" in url for url in fake.asked] == [False, True, False, True]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(EXPIRED, id="expires again and again"),
        pytest.param(_Answer(200, b"<html>log in</html>"), id="HTML with 200"),
        pytest.param(_json({"kind": "Status"}), id="no list"),
        pytest.param(_json("text"), id="no object"),
        pytest.param(aiohttp.ClientConnectionError("refused"), id="refused"),
        pytest.param(ConnectionResetError("reset"), id="reset"),
        pytest.param(TimeoutError(), id="timed out"),
        pytest.param(_json({"message": "etcd is away"}, 503), id="503"),
    ],
)
def test_what_is_no_answer_is_unreachable(answer: _Answer | Exception) -> None:
    with pytest.raises(Unreachable):
        _listed(FakeClient([answer]))


def test_a_write_takes_no_longer_than_the_lease() -> None:
    def lost() -> float:
        raise Unreachable("the Lease was not renewed within 10 s")

    fake = FakeClient([_json({})])
    api = ApiServer(cast(client.ApiClient, fake))
    api.before_write = lost
    with pytest.raises(Unreachable, match="Lease"):
        asyncio.run(api.create(CHURN_MODEL, "churn", {}))
    assert fake.asked == []
