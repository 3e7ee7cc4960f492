"""Of the candidate's steps the first: one pod proves it, and its table spreads to the stable pods, to one first."""

from churn_operator.api.quantities import seconds
from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Fault, Phase
from churn_operator.decide.actions import Keep, Quarantine, Reject, Shift
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed
from churn_operator.decide.rules.steps import is_approved
from churn_operator.decide.traffic import FIRST_SECONDS, candidate_table, holds, stable_table, verifiers
from churn_operator.decide.trial import Trial, step_phase, steps_of
from churn_operator.decide.verdict import Verdict
from churn_operator.names import METRICS_PORT
from churn_operator.observe.late import seconds_between

_DIFFERS, _INVALID = "SchemaDiffers", "TableInvalid"
"""Errors of the pods (`churn_runtimes.candidate.errors`), by which their words in `not_held` begin."""
_NAMED = 3
"""Pods in a sentence."""


def it_cannot_be_tried_in_the_stable_pods(observed: Observed, facts: Facts) -> Verdict | None:
    """A member is on the stock path, rows are encoded otherwise, or the pods are of an older image."""
    trial = _verified(facts)
    why = _why_not(observed, trial) if trial else None
    if trial is None or trial.tried is None or why is None:
        return None
    why = f"it is not tried in the stable pods: {why}"
    message = f"version {trial.rollout.version} is tried by pods of its own: {why}"
    if not is_approved(observed, facts, trial):
        message = f"version {trial.rollout.version} waits for spec.rollout.approve to name it; {why}"
        keep = Keep(facts.kept)
        return Verdict(State.VERIFYING, Reason.AWAITS_APPROVAL, message, keep, tells=Deed.AWAITS_APPROVAL)
    rollout = trial.rollout.next(Phase.ROLLING_OUT, observed.now, why=why)
    act = Shift(trial.tried, rollout, Deed.PODS_OF_ITS_OWN)
    return Verdict(State.ROLLING_OUT, Reason.ROLLING_OUT, message, act)


def a_stable_pod_finds_its_table_bad(observed: Observed, facts: Facts) -> Verdict | None:
    """What the verifier offers does not score there as it should: the bundle is not tried again."""
    trial = _verified(facts)
    if trial is None or trial.tried is None or facts.kept is None:
        return None
    words = _not_held(observed, trial, _INVALID)
    if not words:
        return None
    message = f"version {trial.rollout.version}: {words[0]}"
    rollout = trial.rollout.ended(observed.now, message, Fault.BUNDLE, Reason.BUNDLE_REJECTED)
    return Verdict(State.REJECTED, Reason.BUNDLE_REJECTED, message, Quarantine(trial.tried, facts.kept, rollout))


def every_stable_pod_holds_its_table(observed: Observed, facts: Facts) -> Verdict | None:
    """The first step begins."""
    trial = _verified(facts)
    if trial is None or facts.kept is None or not _all_hold(observed, trial):
        return None
    steps = steps_of(observed)
    phase, first = step_phase(observed), steps[0]
    rollout = trial.rollout.next(
        phase,
        observed.now,
        step=0,
        steps=steps,
        weight=first.weight,
        pairs_before=trial.pairs,
        candidate_table=candidate_table(observed, trial.rollout),
        stable_table=stable_table(observed, trial.rollout),
    )
    message = f"step 1 of {len(steps)}: {first.weight} % for version {rollout.version}"
    return Verdict(State(phase.value), Reason.STEP_HOLDS, message, Shift(facts.kept, rollout, Deed.SHIFTED))


def its_table_has_not_spread_in_time(observed: Observed, facts: Facts) -> Verdict | None:
    """The verifier is ready, and stable pods have not got its table; how long others take is told by their health."""
    trial = _verified(facts)
    if trial is None or trial.tried is None or facts.kept is None:
        return None
    # Pods that are silent, or not there, are unknown: they are waited for.
    if not _ready_since(observed, trial) or not _keeps_failing(observed, trial) or not _is_overdue(observed, trial):
        return None
    message = f"version {trial.rollout.version}: its table did not spread in time: {_spread(observed, trial)}"
    reason = Reason.PROGRESS_DEADLINE_EXCEEDED
    rollout = trial.rollout.ended(observed.now, message, Fault.REVISION, reason)
    return Verdict(State.REJECTED, reason, message, Reject(trial.tried, facts.kept, rollout))


def nothing_is_known_of_it_in_time(observed: Observed, facts: Facts) -> Verdict | None:
    """Pods are silent or not there, or the cluster has no room: that is no fault of it, so it waits, and says for what.

    It goes on by itself once they are heard.
    """
    trial = _verified(facts)
    if trial is None or not _is_overdue(observed, trial, _starts(observed, facts, trial)):
        return None
    reason, why = _missing(observed, facts, trial)
    message = f"version {trial.rollout.version} waits, neither tried nor rejected: {why}"
    return Verdict(State.WAITING, reason, message, Keep(facts.kept), tells=Deed.TRIAL_WAITS)


def it_is_being_verified(observed: Observed, facts: Facts) -> Verdict | None:
    """The verifier starts, or its table spreads."""
    trial = _verified(facts)
    if trial is None:
        return None
    version, reason, health = trial.rollout.version, Reason.VERIFYING, facts.health
    if health.pending:
        reason, message = Reason.PODS_PENDING, f"the verifier of version {version} waits for the cluster: "
        message += health.pending
    elif health.failure:
        message = f"the verifier of version {version} is starting; {health.failure.message}"
    elif observed.verifier is None or not observed.verifier.rolled_out:
        message = f"the verifier of version {version} is starting"
    else:
        message = f"the verifier of version {version} is ready; {_spread(observed, trial)}"
        if _silent(observed) or not observed.ready_stable_pods:
            reason, message = Reason.UNKNOWN, f"{message}; the others are not heard"
    return Verdict(State.VERIFYING, reason, message, Keep(facts.kept))


def _verified(facts: Facts) -> Trial | None:
    return facts.trial if facts.trial and facts.trial.phase is Phase.VERIFYING else None


def _why_not(observed: Observed, trial: Trial) -> str | None:
    for pod in (*verifiers(observed, trial.rollout), *observed.ready_stable_pods):
        if pod.ready and pod.state and pod.state.holds_none_because:
            return f"{pod.name}: {pod.state.holds_none_because}"
        if pod.ready and pod.is_mute and _is_old(observed, trial):
            return f"{pod.name}: its image is older, and does not tell what it does"
    return next(iter(_not_held(observed, trial, _DIFFERS)), None)


def _missing(observed: Observed, facts: Facts, trial: Trial) -> tuple[Reason, str]:
    """What it waits for, and what a person can do."""
    health, silent = facts.health, _silent(observed)
    if health.pending:
        return Reason.PODS_PENDING, f"its verifier waits for the cluster: {health.pending}"
    if health.failure:
        return health.failure.reason, f"its verifier is not ready: {health.failure.message}"
    if not _ready_since(observed, trial):
        return Reason.PODS_NOT_READY, "its verifier is not ready"
    if not observed.ready_stable_pods:
        return Reason.PODS_NOT_READY, "no pod of the stable version is ready"
    if not candidate_table(observed, trial.rollout):
        silent = [pod.name for pod in verifiers(observed, trial.rollout)]
    if silent:
        told = f"{', '.join(silent[:_NAMED])}{' and others' if len(silent) > _NAMED else ''}"
        return Reason.PODS_SILENT, f"nothing is heard of {told}: see whether the operator reaches port {METRICS_PORT}"
    return Reason.VERIFYING, _spread(observed, trial)


def _starts(observed: Observed, facts: Facts, trial: Trial) -> bool:
    """Whether the verifier is on its way, by a deadline of its own, which begins when its server could."""
    return not _ready_since(observed, trial) and not facts.health.pending


def _is_overdue(observed: Observed, trial: Trial, starts: bool = False) -> bool:
    """Neither a pause, nor the verifier's wait for the cluster, nor time without an operator is part of it."""
    begun = max(_ready_since(observed, trial), observed.looked_since)
    ages = [trial.age(observed), *([seconds_between(begun, observed.now)] if begun else [])]
    return min(ages) > seconds(observed.model.spec.rollout.progress_deadline) * (2 if starts else 1)


def _ready_since(observed: Observed, trial: Trial) -> str:
    """Of the verifier; empty while it is not."""
    return min((pod.ready_since for pod in verifiers(observed, trial.rollout) if pod.ready_since), default="")


def _silent(observed: Observed) -> list[str]:
    return [pod.name for pod in observed.ready_stable_pods if pod.state is None]


def _is_old(observed: Observed, trial: Trial) -> bool:
    """Whether the verifier has been ready for a while: one answer may be another pod's that has the address by now."""
    since = _ready_since(observed, trial)
    return bool(since) and seconds_between(since, observed.now) >= FIRST_SECONDS


def _all_hold(observed: Observed, trial: Trial) -> bool:
    sha256, ready = candidate_table(observed, trial.rollout), observed.ready_stable_pods
    return bool(sha256 and ready) and all(holds(pod, sha256) for pod in ready)


def _not_held(observed: Observed, trial: Trial, error: str = "") -> list[str]:
    sha256 = candidate_table(observed, trial.rollout)
    said = [(pod.name, pod.state.not_held.get(sha256, "")) for pod in observed.ready_stable_pods if pod.state]
    return [f"{name}: {why}" for name, why in said if why and why.startswith(error)]


def _keeps_failing(observed: Observed, trial: Trial) -> bool:
    """Whether a pod still has no table that has been heard for a while: just back, it tells of when it was cut off."""
    sha256 = candidate_table(observed, trial.rollout)
    return any(
        pod.state.not_held.get(sha256) and seconds_between(pod.heard_since, observed.now) >= FIRST_SECONDS
        for pod in observed.ready_stable_pods
        if pod.state and pod.heard_since
    )


def _spread(observed: Observed, trial: Trial) -> str:
    sha256, ready = candidate_table(observed, trial.rollout), observed.ready_stable_pods
    if not sha256:
        return "it has not told yet what it offers"
    text = f"{sum(holds(pod, sha256) for pod in ready)} of {len(ready)} ready pods hold its table"
    return "; ".join([text, *_not_held(observed, trial)[:1]])


RULES = (
    it_cannot_be_tried_in_the_stable_pods,
    a_stable_pod_finds_its_table_bad,
    every_stable_pod_holds_its_table,
    its_table_has_not_spread_in_time,
    nothing_is_known_of_it_in_time,
    it_is_being_verified,
)
