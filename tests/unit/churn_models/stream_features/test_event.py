"""From a message of a topic to an event, and what becomes a dead letter instead."""

import json
import math

import pytest
from churn_models.stream_features.errors import EventInvalid
from churn_models.stream_features.event import Event, EventReader

READER = EventReader(["minutes", "support"], "customer")
SENT = 1_770_000_000_000


@pytest.mark.parametrize(
    ("body", "values"),
    [
        pytest.param({"minutes": 3.5, "support": 1}, (3.5, 1.0), id="numbers"),
        pytest.param({"minutes": "3.5", "support": True}, (3.5, 1.0), id="other spellings"),
        pytest.param({"minutes": None, "support": " N/A"}, (math.nan, math.nan), id="missing"),
        pytest.param({"other": [1]}, (math.nan, math.nan), id="fields that no feature names"),
    ],
)
def test_values(body: dict[str, object], values: tuple[float, ...]) -> None:
    event = READER.read(json.dumps(body).encode(), key=b"a", timestamp=SENT, offset=7)
    assert event[:3] == ("a", SENT / 1000, 7)
    assert repr(event.values) == repr(values)


@pytest.mark.parametrize(
    "time", [1_770_000_000, "2026-02-02T02:40:00Z", "2026-02-02T02:40:00", "2026-02-02T03:40:00+01:00"]
)
def test_its_own_time_wins_over_the_messages(time: object) -> None:
    body = json.dumps({"time": time, "customer": 17}).encode()
    expected = ("17", 1_770_000_000.0)
    assert READER.read(body, key=None, timestamp=SENT + 5_000, offset=0)[:2] == expected
    assert READER.read(body, key=None, timestamp=None, offset=0)[:2] == expected


@pytest.mark.parametrize(
    ("body", "key", "sent", "fault"),
    [
        pytest.param(None, b"a", SENT, "the message has no value", id="no value"),
        pytest.param(b"{", b"a", SENT, "not JSON", id="cut"),
        pytest.param(b"[1]", b"a", SENT, "an event is one JSON object", id="a list"),
        pytest.param(b"{}", None, SENT, "no key, and no field customer", id="nobody"),
        pytest.param(b'{"customer": " "}', b"", SENT, "no key, and no field customer", id="blank"),
        pytest.param(b"{}", b"\xff", SENT, "the key is not UTF-8", id="a key of bytes"),
        pytest.param(b"{}", b"a", None, "no field time, and the message has no timestamp", id="no time"),
        pytest.param(b'{"time": 1.77e12}', b"a", SENT, "neither seconds since 1970 nor like", id="milliseconds"),
        pytest.param(b'{"time": "soon"}', b"a", SENT, "field time: 'soon' is neither", id="no date"),
        pytest.param(b'{"time": -1}', b"a", SENT, "field time: -1 is neither", id="before 1970"),
        pytest.param(b'{"time": true}', b"a", SENT, "field time: True is neither", id="a truth"),
        pytest.param(b'{"time": "2099-01-01"}', b"a", SENT, "more than a day after the message", id="2099"),
        pytest.param(b'{"minutes": "many"}', b"a", SENT, "field minutes: 'many' is not a number", id="no number"),
        pytest.param(b'{"minutes": [1]}', b"a", SENT, "field minutes: a list or an object", id="a list of numbers"),
        pytest.param(b'{"minutes": 1e39}', b"a", SENT, "field minutes: infinite, or too large", id="too large"),
        pytest.param(b'{"minutes": "inf"}', b"a", SENT, "field minutes: infinite, or too large", id="infinite"),
        pytest.param(b'{"minutes": NaN}', b"a", SENT, "not JSON", id="NaN"),
    ],
)
def test_faults(body: bytes | None, key: bytes | None, sent: int | None, fault: str) -> None:
    with pytest.raises(EventInvalid, match=fault):
        READER.read(body, key=key, timestamp=sent, offset=0)


def test_an_event_is_what_it_says() -> None:
    assert Event("a", 1.0, 2, (3.0,)) == ("a", 1.0, 2, (3.0,))
