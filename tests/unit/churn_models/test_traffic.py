"""/traffic and /state: strict to whoever writes, tolerant to whoever reads, and never anything but their own error."""

import json
from typing import Any

import pytest
from churn_models.said import AnswerInvalid
from churn_models.traffic import State, Traffic
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


COUNTS = {"version": "2", "digest": B, "scored": 10}
PAIRS = {"stable": A, "other": B, "edges_of": A, "bins": 20}
HUGE = 10**400
IN_FORCE = {
    **{"generation": 1, "candidate": A, "weight": 1, "sample": 0, "previous": False},
    **{"silent_seconds": 1.5, "is_breaker_open": False},
}

NOT_COUNTED: dict[str, dict[str, Any]] = {
    "a huge count": {"versions": [{**COUNTS, "scored": HUGE}]},
    "a negative count": {"versions": [{**COUNTS, "not_finite": -1}]},
    "more faults than scored": {"versions": [{**COUNTS, "errors": 6, "not_finite": 5}]},
    "NaN seconds": {"versions": [{**COUNTS, "seconds": float("nan")}]},
    "infinite seconds": {"versions": [{**COUNTS, "seconds": float("inf")}]},
    "seconds of ages": {"versions": [{**COUNTS, "seconds": 1e308}]},
    "a huge bucket": {"versions": [{**COUNTS, "buckets": [HUGE]}]},
    "buckets without end": {"versions": [{**COUNTS, "buckets": [0] * 65}]},
    "versions without end": {"versions": [COUNTS] * 17},
    "texts without end": {"holds_none_because": "x" * 1_001},
    "huge answers": {"serving": {"answers": HUGE}},
    "negative failures": {"serving": {"failures": -1}},
    "NaN seconds of answers": {"serving": {"seconds": float("nan")}},
    "a huge cell": {"pairs": [{**PAIRS, "cells": [[1, 1, 10**20]]}]},
    "a negative cell": {"pairs": [{**PAIRS, "cells": [[1, 1, -1]]}]},
    "a cell again and again": {"pairs": [{**PAIRS, "cells": [[1, 1, 1 << 44]] * 3}]},
    "a huge generation": {"in_force": {**IN_FORCE, "generation": HUGE}},
    "silent for ages": {"in_force": {**IN_FORCE, "silent_seconds": float("nan")}},
}


@pytest.mark.parametrize("said", NOT_COUNTED.values(), ids=list(NOT_COUNTED))
def test_what_nobody_can_have_counted_is_no_state(said: dict[str, Any]) -> None:
    assert State.read(json.dumps({**STATE, "versions": [COUNTS], "pairs": [PAIRS], "in_force": IN_FORCE}).encode())
    with pytest.raises(AnswerInvalid):
        State.read(json.dumps({**STATE, **said}).encode())
