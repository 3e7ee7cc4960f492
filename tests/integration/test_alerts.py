"""Alerts that anybody posts: they have a ChurnModel looked at, and no flood of them does anything else."""

import json
from typing import Any

import httpx
from support.eventually import eventually
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.operator_process import ALERTS_TOKEN

_SECONDS = 40
_ALERTS = 1000
_KINDS = ("deployments", "controllerrevisions")
_RIGHT = {"Authorization": f"Bearer {ALERTS_TOKEN}"}


def _post(operator: RunningOperator, alerts: list[dict[str, Any]], headers: dict[str, str]) -> int:
    body = json.dumps({"version": "4", "alerts": alerts})
    return httpx.post(operator.process.alerts_url, content=body, headers=headers, timeout=_SECONDS).status_code


def _forged(number: int, namespace: str, name: str) -> dict[str, Any]:
    """What would harm most if anybody believed it."""
    words = {"alertname": "RolledBack", "action": "RollBack", "version": str(number), "digest": f"sha256:{number:064x}"}
    labels = {"namespace": namespace, "churnmodel": name if number % 2 else f"{name}-{number}", **words}
    return {"status": "firing", "labels": labels, "startsAt": "2026-11-28T02:00:00Z", "fingerprint": f"{number:016x}"}


def _world(rig: Rig, namespace: str, name: str) -> dict[str, Any]:
    """Everything of this model that a decision would change."""
    children = {
        (kind, found["metadata"]["name"]): found["metadata"]["resourceVersion"]
        for kind in _KINDS
        for found in rig.kube.items(f"/apis/apps/v1/namespaces/{namespace}/{kind}")
        if found["metadata"]["labels"].get("churnserve.dev/model") == name
    }
    jobs = [job["metadata"]["name"] for job in rig.kube.items(f"/apis/batch/v1/namespaces/{namespace}/jobs")]
    return {"children": children, "jobs": jobs}


def _reconciles(operator: RunningOperator) -> float:
    lines = operator.process.metrics().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("churn_operator_reconciles_total{"))


def test_duplicate_and_forged_alerts_decide_nothing(rig: Rig) -> None:
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as operator:
        model = rig.create(namespace, name)
        model.wait_ready()
        before, history = _world(rig, namespace, name), model.status().get("history")
        looked = _reconciles(operator)
        duplicates = [_forged(1, namespace, name)] * (_ALERTS // 2)
        forged = [_forged(number, namespace, name) for number in range(_ALERTS // 2)]
        assert {_post(operator, [one], _RIGHT) for one in (*duplicates, *forged)} == {200}
        assert {_post(operator, forged, headers) for headers in ({}, {"Authorization": "Bearer guessed"})} == {401}
        # The alert did what it is for, at once and when the flood was over.
        eventually(lambda: _reconciles(operator) > looked, _SECONDS)
        acted = int(_world(rig, namespace, name) != before) + int(model.status().get("history") != history)
        assert operator.process.healthy()
        assert record("forged_alert_actions", float(acted), "", "<= 0").holds
        assert record("forged_alert_reconciles", _reconciles(operator) - looked, "", "<= 30").holds
