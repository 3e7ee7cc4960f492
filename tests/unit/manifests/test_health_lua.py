"""What Argo CD shows of a ChurnModel: health.lua run in a Lua interpreter."""

from typing import Any

import pytest
from support.argocd_health import argocd_health

SERVES = {"Ready": "True", "Available": "True", "Reconciling": "False", "Stalled": "False", "Paused": "False"}

CASES = [
    ("just created", None, "Progressing"),
    ("nothing observed", {}, "Progressing"),
    ("serves", SERVES, "Healthy"),
    ("a rollout is under way", SERVES | {"Ready": "False", "Reconciling": "True"}, "Progressing"),
    ("a version was rejected", SERVES | {"Ready": "False", "Stalled": "True"}, "Degraded"),
    ("the API server denies", SERVES | {"Ready": "Unknown", "Available": "Unknown", "Stalled": "True"}, "Degraded"),
    ("paused", SERVES | {"Paused": "True"}, "Suspended"),
    ("paused in a rollout", SERVES | {"Ready": "False", "Reconciling": "True", "Paused": "True"}, "Suspended"),
    ("paused with a rejected version", SERVES | {"Ready": "False", "Stalled": "True", "Paused": "True"}, "Degraded"),
    ("not available, nobody knows why", SERVES | {"Ready": "Unknown", "Available": "Unknown"}, "Unknown"),
    ("not ready for another reason", SERVES | {"Ready": "False"}, "Progressing"),
]


def _body(conditions: dict[str, str] | None, observed_generation: int = 3) -> dict[str, Any]:
    body: dict[str, Any] = {"metadata": {"name": "telco", "generation": 3}}
    if conditions is not None:
        told = [{"type": kind, "status": status, "message": f"{kind} it is"} for kind, status in conditions.items()]
        body["status"] = {"observedGeneration": observed_generation, "conditions": told}
    return body


@pytest.mark.parametrize(("conditions", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_health(conditions: dict[str, str] | None, expected: str) -> None:
    status, message = argocd_health(_body(conditions))
    assert status == expected
    assert message


@pytest.mark.parametrize(
    "conditions", [case[1] for case in CASES if case[1]], ids=[case[0] for case in CASES if case[1]]
)
def test_a_spec_that_was_not_seen_yet_is_progressing(conditions: dict[str, str]) -> None:
    assert argocd_health(_body(conditions, observed_generation=2))[0] == "Progressing"


def test_the_message_is_the_conditions_own() -> None:
    assert argocd_health(_body(SERVES | {"Stalled": "True"}))[1] == "Stalled it is"
