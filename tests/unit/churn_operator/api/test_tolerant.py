"""What another version wrote is understood as far as it goes."""

from typing import Any

import pytest
from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.status import ChurnModelStatus
from churn_operator.api.tolerant import left_out, read_tolerantly
from pydantic import ValidationError

SERVED = {"version": "1", "digest": "sha256:1", "revision": "abc", "since": "2026-11-27T12:00:00Z"}
CONDITION = {
    "type": "Ready",
    "status": "True",
    "reason": "Serving",
    "message": "",
    "lastTransitionTime": "2026-11-27T12:00:00Z",
    "observedGeneration": 1,
}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"weights": {"candidate": 5}}, id="an unknown field"),
        pytest.param({"stable": {**SERVED, "weight": 95}}, id="an unknown field further down"),
        pytest.param({"conditions": [CONDITION, {"type": "Other"}]}, id="an item that lacks fields"),
        pytest.param({"conditions": [{**CONDITION, "status": "Perhaps"}, CONDITION]}, id="an unknown word"),
        pytest.param({"history": "none"}, id="something else in place of a list"),
    ],
)
def test_a_status_keeps_what_can_be_read(body: dict[str, Any]) -> None:
    status = read_tolerantly(ChurnModelStatus, {"stable": SERVED, "conditions": [CONDITION], **body})
    assert status.stable is not None and status.stable.revision == "abc"
    assert [one.type for one in status.conditions] == ["Ready"]


def test_the_field_of_the_version_before_is_read() -> None:
    status = read_tolerantly(ChurnModelStatus, {"refused": SERVED, "state": "Refused"})
    assert status.rejected is not None
    assert status.state == "Refused"


def test_an_unknown_word_in_a_spec_is_its_default() -> None:
    spec = read_tolerantly(ChurnModelSpec, {"model": {"name": "telco"}, "rollout": {"strategy": "BlueGreen"}})
    assert spec.rollout.strategy == "Direct"


def test_without_the_model_there_is_nothing_to_read() -> None:
    with pytest.raises(ValidationError):
        read_tolerantly(ChurnModelSpec, {"paused": True})


@pytest.mark.parametrize(
    ("ensemble", "place"),
    [
        pytest.param(True, "training.ensemble: ", id="a truth value"),
        pytest.param({"configMap": "UPPER"}, "training.ensemble", id="a name that no ConfigMap can have"),
        pytest.param("telco", None, id="one that is good"),
    ],
)
def test_what_is_left_out_of_a_spec_is_named(ensemble: Any, place: str | None) -> None:
    training = {"dataset": "telco.csv", "ensemble": ensemble, "of_the_future": 1}
    spec = {"model": {"name": "telco"}, "training": training}
    found = left_out(ChurnModelSpec, spec)
    assert [one.startswith(place or "") for one in found] == ([True] if place else [])
    assert (read_tolerantly(ChurnModelSpec, spec).training is None) == (place is not None)
