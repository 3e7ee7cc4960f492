"""What was read before a decision, as its audit record keeps it: bounded, and the same fields whatever was decided."""

from math import isfinite
from typing import Any

from churn_models.names import CHAMPION

from churn_operator.decide.facts import Facts
from churn_operator.decide.gates.judgement import GateResult
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record

_TEXT = 300


def evidence_of(observed: Observed, facts: Facts, verdict: Verdict) -> dict[str, Any]:
    """Without what is empty."""
    deployed, health = observed.deployed, facts.health
    seen = {
        "wanted": _wanted(observed),
        "stable": _revision(facts.stable),
        "candidate": _revision(facts.candidate),
        "running": deployed.revision if deployed else None,
        "pods": {"ready": observed.ready_pods, "wanted": deployed.wanted_pods} if deployed else None,
        "failure": _cut(f"{health.failure.reason}: {health.failure.message}") if health.failure else None,
        "pending": _cut(health.pending),
        "missing": list(health.missing),
        "paused": observed.model.spec.paused,
        "trial": _trial(facts),
        "retry": observed.model.spec.rollout.retry,
        "verdict": f"{verdict.state}: {verdict.reason}",
    }
    return {name: value for name, value in seen.items() if value not in (None, "", [], False)}


def _trial(facts: Facts) -> dict[str, Any] | None:
    """The gates' figures, of what is tried."""
    trial = facts.trial
    if trial is None:
        return None
    told: dict[str, Any] = {"phase": trial.phase.value, "version": trial.rollout.version, "pairs": trial.pairs}
    if trial.judgement is None:
        return told
    gates = {one.gate.value: {"verdict": one.verdict.value} | _finite(one) for one in trial.judgement.results}
    return told | {"verdict": trial.judgement.verdict.value, "gates": gates}


def _finite(found: GateResult) -> dict[str, Any]:
    """Its figures, without those that JSON does not know."""
    return {name: round(value, 6) for name, value in found.figures.items() if isfinite(value)}


def _wanted(observed: Observed) -> dict[str, str]:
    source, target = observed.model.spec.model, observed.target
    asked = {"model": source.name}
    if not isinstance(target, Target):
        return asked | {"problem": f"{target.reason}: {_cut(target.message)}"}
    if source.version is None:
        asked["alias"] = source.alias or CHAMPION
    return asked | {"version": target.version, "digest": target.digest}


def _revision(record: Record | None) -> dict[str, str] | None:
    if record is None:
        return None
    told = {"version": record.bundle.version, "digest": record.bundle.digest, "revision": record.identifier}
    return told | {"image": record.configuration.image} | ({"since": record.since} if record.since else {})


def _cut(text: str | None) -> str | None:
    return text[:_TEXT] if text else None
