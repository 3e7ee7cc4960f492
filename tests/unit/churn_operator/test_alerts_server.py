"""The webhook: who may post, what is read, and that an alert does no more than have a known ChurnModel looked at."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import ClientSession
from churn_operator.alerts_server import named_models, serve_alerts, token_in
from churn_operator.errors import Unreachable
from churn_operator.wakes import Wakes
from support.free_port import free_port

TELCO = ("churn", "telco")
TOKEN = "s3cret"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}


def alert(namespace: object = "churn", churnmodel: object = "telco", **more: object) -> dict[str, Any]:
    """As Alertmanager 0.27 posts it, payload version 4."""
    return {
        "status": "firing",
        "labels": {"alertname": "FeedBroken", "namespace": namespace, "churnmodel": churnmodel, **more},
        "annotations": {"summary": "roll back to version 1"},
        "startsAt": "2026-11-28T02:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "d0e1f2",
    }


def payload(*alerts: object) -> dict[str, Any]:
    """A group of them."""
    labels = {"alertname": "FeedBroken"}
    group = {"receiver": "operator", "groupKey": "{}", "groupLabels": labels, "commonLabels": labels}
    return {"version": "4", "status": "firing", "truncatedAlerts": 0, **group, "alerts": list(alerts)}


class Answered(NamedTuple):
    """The status, and what was put into the queue, at once or for later."""

    status: int
    added: list[tuple[str, str]]
    later: list[tuple[str, str]]


def _post(
    body: bytes, headers: dict[str, str] | None = None, times: int = 1, token: str = TOKEN, leads: bool = True
) -> Answered:
    added, later = list[tuple[str, str]](), list[tuple[str, str]]()
    wakes = Wakes({TELCO}.__contains__, added.append, lambda key, seconds: later.append(key), lambda: 0.0)

    def leading() -> None:
        if not leads:
            raise Unreachable("the Lease was not renewed within 10 s")

    known = RIGHT if headers is None else headers

    async def main() -> int:
        port, status = free_port(), 0
        async with serve_alerts(port, token.encode, wakes, leading), ClientSession() as session:
            for _ in range(times):
                url = f"http://127.0.0.1:{port}/alerts"
                async with session.post(url, data=io.BytesIO(body), headers=known) as response:
                    status = response.status
        return status

    return Answered(asyncio.run(main()), added, later)


def _body(*alerts: object) -> bytes:
    return json.dumps(payload(*alerts)).encode()


def test_an_alert_has_its_model_looked_at() -> None:
    assert _post(_body(alert())) == Answered(200, [TELCO], [])


def test_duplicates_are_one_look_now_and_one_later() -> None:
    assert _post(_body(*[alert() for _ in range(50)]), times=20) == Answered(200, [TELCO], [TELCO])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"bearer{TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer s\u00e9cret"},
    ],
    ids=["none", "an empty one", "a longer one", "no scheme", "the token alone", "another scheme", "not ASCII"],
)
def test_who_does_not_know_the_token_does_nothing(headers: dict[str, str]) -> None:
    assert _post(_body(alert()), headers) == Answered(401, [], [])


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer x"])
def test_without_a_token_nobody_may_post(given: str) -> None:
    assert _post(_body(alert()), {"Authorization": given}, token="").status == 401


def test_who_does_not_lead_lets_alertmanager_try_again() -> None:
    assert _post(_body(alert()), leads=False) == Answered(503, [], [])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"alerts": {}}', 400),
        (b"[" * 100_000, 400),
        (b" " * (1 << 21), 413),
        (_body(), 200),
        (_body(alert(churnmodel="forged"), alert(namespace="elsewhere")), 200),
        (_body(alert(churnmodel=7), alert(namespace=None), {"labels": []}, {}, 3, None), 200),
        (_body(alert(churnmodel="../telco"), alert(churnmodel="telco/status")), 200),
    ],
    ids=["nothing", "not UTF-8", "a list", "an object", "no list", "deep", "large", "none", "unknown", "odd", "paths"],
)
def test_what_names_no_known_model_does_nothing(body: bytes, status: int) -> None:
    assert _post(body) == Answered(status, [], [])


def test_a_resolved_alert_and_unknown_fields_are_read_alike() -> None:
    told = {**alert(digest="sha256:0", version="1"), "status": "resolved", "future": {"action": "rollback"}}
    assert list(named_models({**payload(told), "more": 1})) == [TELCO]


def test_no_more_than_a_thousand_alerts_are_read() -> None:
    assert len(list(named_models(payload(*[alert()] * 5000)))) == 1000


def test_a_token_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = token_in(file)
    assert token() == b""
    file.write_text("first\n")
    assert token() == b"first"
    file.write_text("second")
    assert (token(), token_in(None)()) == (b"second", b"")
