"""Before a candidate's steps: something else is wanted than what is tried."""

from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Phase
from churn_operator.decide.actions import RollBack, Shift
from churn_operator.decide.facts import Facts, has_another_digest, same
from churn_operator.decide.observed import Observed
from churn_operator.decide.verdict import Verdict


def something_else_is_wanted_than_is_tried(observed: Observed, facts: Facts) -> Verdict | None:
    """In the stable pods nothing has to go: it answers no more, and what is wanted begins in the next look."""
    trial = facts.trial
    if trial is None or not trial.phase.is_in_stable_pods or not _is_withdrawn(observed, facts):
        return None
    message = f"version {trial.rollout.version} is withdrawn: {_instead(facts)}"
    rollout = trial.rollout.ended(observed.now, message)
    act = Shift(facts.kept, rollout, Deed.WITHDRAWN)
    # What is wanted now does not serve yet, unless it is the stable version.
    state = State.STABLE if facts.wanted is None or same(facts.wanted, facts.stable) else State.VERIFYING
    return Verdict(state, Reason.WITHDRAWN, message, act, look_again=1.0)


def nothing_of_what_was_tried_runs(observed: Observed, facts: Facts) -> Verdict | None:
    """It had pods of its own, somebody has taken them away, and it is wanted no longer."""
    trial = facts.trial
    if trial is None or trial.phase is not Phase.ROLLING_OUT or not _is_withdrawn(observed, facts):
        return None
    runs = observed.members.keys() | ({observed.deployed.revision} if observed.deployed else set())
    if trial.rollout.revision in runs or not same(facts.wanted, facts.running) or _is_begun(observed, facts):
        return None
    message = f"version {trial.rollout.version} is withdrawn: {_instead(facts)}"
    act = Shift(facts.kept, trial.rollout.ended(observed.now, message), Deed.WITHDRAWN)
    return Verdict(State.STABLE, Reason.WITHDRAWN, message, act, look_again=1.0)


def the_version_before_is_wanted_again(observed: Observed, facts: Facts) -> Verdict | None:
    """While the new one's pods come, or in its probation: requests go back at once, pods follow, nothing is bad."""
    trial = facts.trial
    if trial is None or trial.before is None or trial.phase not in (Phase.PROMOTING, Phase.PROBATION):
        return None
    if not same(facts.wanted, trial.before):
        return None
    message = f"version {trial.before.bundle.version} comes back: it is wanted again"
    rollout = trial.rollout.next(Phase.ROLLING_BACK, observed.now, weight=100, why=message)
    return Verdict(State.ROLLING_BACK, Reason.WITHDRAWN, message, RollBack(trial.before, rollout))


def _is_withdrawn(observed: Observed, facts: Facts) -> bool:
    assert facts.trial is not None, "the rule found one"
    tried = facts.trial.tried
    if tried is None or facts.kept is None or has_another_digest(observed, tried):
        return True
    return facts.wanted is not None and not same(facts.wanted, tried)


def _is_begun(observed: Observed, facts: Facts) -> bool:
    """Its decision was never acted on: it is closed as superseded."""
    assert facts.trial is not None, "the rule found one"
    begun = observed.memory.begun.values()
    return any(one.action == Deed.ROLLOUT_BEGUN and one.revision == facts.trial.rollout.revision for one in begun)


def _instead(facts: Facts) -> str:
    if facts.kept is None:
        return "the record of the version that serves is gone"
    if facts.wanted is None:
        return "spec.model.digest excludes it, or its record is gone"
    return f"version {facts.wanted.bundle.version} is wanted"


RULES = (
    something_else_is_wanted_than_is_tried,
    nothing_of_what_was_tried_runs,
    the_version_before_is_wanted_again,
)
