"""/traffic and /state: strict to whoever writes, tolerant to whoever reads, and never anything but their own error."""

import json
from typing import Any

import pytest
from churn_models.traffic import AnswerInvalid, State, Traffic
from pydantic import ValidationError

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
TABLE = {"sha256": A, "digest": B, "version": "2", "sources": ["http://10.0.0.1:8082/tables/x"]}
TRAFFIC = {"generation": 3, "tables": [TABLE], "candidate": A, "weight": 5, "sticky": "customer-id"}
STATE = {"instance": "1", "model": "telco", "digest": B, "version": "1"}

WRONG: dict[str, dict[str, Any]] = {
    "no generation": {"weight": 0},
    "a weight above 100": {**TRAFFIC, "weight": 101},
    "a negative weight": {**TRAFFIC, "weight": -1},
    "half a percent": {**TRAFFIC, "weight": 2.5},
    "a weight without a candidate": {"generation": 1, "weight": 5},
    "a candidate that is no table": {**TRAFFIC, "candidate": B},
    "no digest": {**TRAFFIC, "tables": [{**TABLE, "digest": "latest"}]},
    "too many tables": {**TRAFFIC, "tables": [TABLE] * 4},
    "a header that is none": {**TRAFFIC, "sticky": "Customer Id"},
    "no version": {**TRAFFIC, "tables": [{**TABLE, "version": ""}]},
}


def test_what_is_written_is_read() -> None:
    traffic = Traffic.model_validate(TRAFFIC)
    assert Traffic.read(traffic.model_dump_json().encode()) == traffic
    state = State.model_validate(STATE)
    assert State.read(state.model_dump_json().encode()) == state


def test_readers_ignore_what_they_do_not_know() -> None:
    newer = {**TRAFFIC, "colour": "red", "tables": [{**TABLE, "weight": 1}]}
    assert Traffic.read(json.dumps(newer).encode()) == Traffic.model_validate(TRAFFIC)
    assert State.read(json.dumps({**STATE, "mood": "good"}).encode()) == State.model_validate(STATE)


def test_writers_do_not() -> None:
    with pytest.raises(ValidationError):
        Traffic.model_validate({**TRAFFIC, "colour": "red"})


@pytest.mark.parametrize("said", WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_not_read(said: dict[str, Any]) -> None:
    with pytest.raises(AnswerInvalid):
        Traffic.read(json.dumps(said).encode())


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"<html>", b"\xff", b"[" * 10_000, b'{"generation": NaN}'])
def test_nonsense_is_not_read(content: bytes) -> None:
    for said in (Traffic, State):
        with pytest.raises(AnswerInvalid):
            said.read(content)
