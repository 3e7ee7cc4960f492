"""Of safety: what is tried is bad by the rows that both versions scored, or by what its pods answer.

Needs neither MLflow nor a model that is not paused. A candidate in the stable pods is taken out of them by its weight;
one that has taken over goes back by the weight of the version before, and its pods follow.
"""

from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Fault, Phase
from churn_operator.decide.actions import Keep, Shift
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.gate_reason import gate_reason
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.go_back import go_back
from churn_operator.decide.observed import Observed
from churn_operator.decide.serve_gate import judge_serve_gate, why_requests_fail
from churn_operator.decide.trial import Trial
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record


def nothing_good_serves(observed: Observed, facts: Facts) -> Verdict | None:
    """Held until a person wants something else, or says by spec.rollout.retry that it is good all the same."""
    trial = facts.trial
    if trial is None or trial.phase is not Phase.SAFE_MODE:
        return None
    if _is_left(observed, facts, trial):
        message = "a person wants something else, or this one all the same"
        act = Shift(facts.kept, trial.rollout.ended(observed.now, message), Deed.SAFE_MODE_LEFT)
        return Verdict(State.STABLE, Reason.WITHDRAWN, message, act, look_again=1.0)
    return Verdict(State.SAFE_MODE, Reason.NOTHING_GOOD, trial.rollout.why, Keep(facts.kept))


def both_versions_are_bad(observed: Observed, facts: Facts) -> Verdict | None:
    """Going back would help nobody: it stays where it is, and a person has to look."""
    trial = facts.trial
    if trial is None or trial.judgement is None or not trial.judgement.both_are_bad:
        return None
    rollout = trial.rollout
    message = f"versions {rollout.previous_version} and {rollout.version} are both bad: {trial.judgement.message}"
    state, act = State(trial.phase.value), Keep(_where_it_runs(facts))
    return Verdict(state, Reason.BOTH_BAD, message, act, tells=Deed.BOTH_BAD)


def pairs_speak_against_it(observed: Observed, facts: Facts) -> Verdict | None:
    """Faults, time or scores of the same rows: its bundle is not tried again."""
    trial = facts.trial
    if trial is None or trial.judgement is None or trial.judgement.verdict is not GateVerdict.FAIL:
        return None
    message = f"version {trial.rollout.version}: {trial.judgement.message}"
    return go_back(observed, facts, Fault.BUNDLE, gate_reason(trial.judgement), message)


def new_pods_serve_worse(observed: Observed, facts: Facts) -> Verdict | None:
    """Of a rolling update, beside the old pods in the same minutes: this revision is not tried again.

    Where it is another bundle that gives rows no score, that bundle is not.
    """
    trial = facts.trial
    if trial is None or trial.phase not in (Phase.ROLLING_OUT, Phase.PROMOTING):
        return None
    found = judge_serve_gate(observed, trial)
    if found.verdict is not GateVerdict.FAIL:
        return None
    message, reason = f"version {trial.rollout.version}: {found.message}", gate_reason(found)
    is_another = trial.rollout.digest != trial.rollout.previous_digest
    fault = Fault.BUNDLE if is_another and reason is Reason.CANDIDATE_FAULTS else Fault.REVISION
    return go_back(observed, facts, fault, reason, message)


def promoted_pods_stop(observed: Observed, facts: Facts) -> Verdict | None:
    """In probation they end again and again: the bundle may be good, these pods are not."""
    trial, bad = facts.trial, facts.health.bad
    if trial is None or trial.phase is not Phase.PROBATION or bad is None or not same(facts.running, trial.tried):
        return None
    message = f"version {trial.rollout.version}, in probation: {bad.message}"
    return go_back(observed, facts, Fault.REVISION, bad.reason, message)


def promoted_pods_fail_requests(observed: Observed, facts: Facts) -> Verdict | None:
    """In probation, by far more of them than the pods before had failed."""
    trial = facts.trial
    if trial is None or trial.phase is not Phase.PROBATION:
        return None
    why = why_requests_fail(observed, trial)
    if why is None:
        return None
    message = f"version {trial.rollout.version}, in probation: {why}"
    return go_back(observed, facts, Fault.REVISION, Reason.SERVES_WORSE, message)


def _where_it_runs(facts: Facts) -> Record | None:
    trial = facts.trial
    return trial.tried if trial and trial.phase is Phase.PROMOTING else facts.kept


def _is_left(observed: Observed, facts: Facts, trial: Trial) -> bool:
    token = observed.model.spec.rollout.retry
    if token and trial.tried and trial.tried.retry != token and same(facts.wanted, trial.tried):
        return True
    return facts.wanted is not None and not same(facts.wanted, trial.tried) and facts.rejection is None


RULES = (
    nothing_good_serves,
    both_versions_are_bad,
    pairs_speak_against_it,
    new_pods_serve_worse,
    promoted_pods_stop,
    promoted_pods_fail_requests,
)
