"""What was read before a decision, as its audit record keeps it: bounded, and the same fields whatever was decided."""

from math import isfinite
from typing import Any

from churn_models.names import CHAMPION

from churn_operator.decide.facts import Facts
from churn_operator.decide.gates.judgement import GateResult, GateVerdict
from churn_operator.decide.loop_decisions import occasion_data
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record

_TEXT = 300
_FIGURES = 8
"""Of a signal or a verdict of labels: records are to stay small."""


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
        "drift": _drift(observed),
        "labels": _labels(observed),
        "loop": occasion_data(verdict.action),
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


def _drift(observed: Observed) -> dict[str, Any] | None:
    """The signals of the windows judged last."""
    found = observed.drift
    if found is None:
        return None
    signals = {one.signal.value: _verdict(one.verdict, one.figures) for one in found.signals}
    return {"digest": found.digest, "until": found.last_window_end, "rows": found.rows, "signals": signals}


def _labels(observed: Observed) -> dict[str, Any] | None:
    found = observed.labels
    if found is None:
        return None
    told = {one.signal.value: _verdict(one.verdict, one.figures) for one in found.verdicts}
    return {"digest": found.digest, "labels": found.labels, "newest": found.newest, "verdicts": told}


def _verdict(verdict: GateVerdict, figures: dict[str, float]) -> dict[str, Any]:
    return {"verdict": verdict.value} | {
        name: round(value, 6) for name, value in list(figures.items())[:_FIGURES] if isfinite(value)
    }


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
