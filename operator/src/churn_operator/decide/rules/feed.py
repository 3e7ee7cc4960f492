"""After a pause, before a candidate's steps: the rows that come in. Broken ones are no evidence about any version.

While they are broken no retraining begins, nothing is promoted, and the clock of what is tried stands still. Safety
goes on; what a person asks for by strategy Direct does, too.
"""

from churn_operator.api.rollout import Strategy
from churn_operator.api.status import Reason
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Wisher
from churn_operator.decide.actions import Freeze, Keep, Tell, Thaw
from churn_operator.decide.by_mode import by_mode, named, state_now, tell_once, where_it_runs
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.freeze import is_frozen, why_it_thaws
from churn_operator.decide.observed import Observed
from churn_operator.decide.occasion import Asks, occasion_of
from churn_operator.decide.stable_evidence import drift_of_stable, failing
from churn_operator.decide.verdict import Verdict
from churn_operator.fingerprint import fingerprint
from churn_operator.observe.late import seconds_between

_SEE_TO_IT = "delete the pod if it is at fault, or have the client that keeps to it spread its requests"
_WEEK = 7 * 86400.0
_SEVERAL = 3
"""ChurnModels whose rows break at the same time have one cause."""


def one_pod_sees_other_rows(observed: Observed, facts: Facts) -> Verdict | None:
    """What it counted is left out of the evidence already; a person is told."""
    found = drift_of_stable(observed, facts)
    if found is None or not found.odd_pods:
        return None
    pods = sorted(found.odd_pods)
    occasion = occasion_of(observed, facts, Asks.ALERT, Signal.ODD_POD, since=fingerprint(pods))
    message = f"{', '.join(pods)}: other rows than the other pods see; what it counts is left out; {_SEE_TO_IT}"
    return tell_once(observed, facts, Deed.POD_IS_ODD, occasion, Reason.ODD_POD, message)


def several_feeds_broke_at_once(observed: Observed, facts: Facts) -> Verdict | None:
    """Three or more ChurnModels: one of them tells it for all, each is then frozen by itself."""
    state, own = failing(observed, facts, Signal.FEED), (observed.model.namespace, observed.model.name)
    broken = sorted({own, *observed.broken_feeds})
    if state is None or len(broken) < _SEVERAL or broken[0] != own:
        return None
    occasion = occasion_of(observed, facts, Asks.ALERT, Signal.FEED, since=state.beginning)
    message = f"the rows of {len(broken)} models are broken at the same time: {', '.join(map('/'.join, broken))}"
    return tell_once(observed, facts, Deed.UPSTREAM_BROKEN, occasion, Reason.UPSTREAM_BROKEN, message)


def feed_is_broken(observed: Observed, facts: Facts) -> Verdict | None:
    """Values are missing, unseen, constant, out of range or of another scale."""
    state, mode = failing(observed, facts, Signal.FEED), observed.model.spec.loop.freeze
    if state is None or observed.memory.loop.frozen_since:
        return None
    occasion = occasion_of(observed, facts, Asks.FREEZE, Signal.FEED, since=state.beginning)
    occasion = named(observed, mode, occasion)
    message = f"the rows that come in are broken, so retraining and promotion stand still: {state.message}"
    act = Freeze(where_it_runs(facts), occasion)
    wanted = Verdict(state_now(facts), Reason.FEED_BROKEN, message, act, 1.0)
    found = by_mode(observed, facts, mode, occasion, wanted)
    # While it only waits for a yes, what is tried goes on.
    waits = found is not None and isinstance(found.action, Tell)
    return None if waits and observed.memory.loop.was_told(Deed.SUGGESTED, occasion) else found


def schema_has_changed(observed: Observed, facts: Facts) -> Verdict | None:
    """Unseen categories for a week are no fault that passes: a person trains with them, or has them mended."""
    found = drift_of_stable(observed, facts)
    if found is None or not found.unseen_since or seconds_between(found.unseen_since, observed.now) < _WEEK:
        return None
    occasion = occasion_of(observed, facts, Asks.ALERT, "Schema", since=found.unseen_since)
    message = f"categories that training has not seen come since {found.unseen_since}: the schema has changed"
    return tell_once(observed, facts, Deed.SCHEMA_CHANGED, occasion, Reason.SCHEMA_CHANGED, message)


def feed_is_good_again(observed: Observed, facts: Facts) -> Verdict | None:
    """Or nobody looks at it any more."""
    why = why_it_thaws(observed)
    if why is None:
        return None
    act = Thaw(where_it_runs(facts), facts.trial.rollout if facts.trial else None)
    return Verdict(state_now(facts), Reason.FEED_GOOD, f"retraining and promotion go on: {why}", act, 1.0)


def its_steps_are_frozen(observed: Observed, facts: Facts) -> Verdict | None:
    """What is tried in the stable pods neither goes on nor ends; only safety takes it back."""
    trial = facts.trial
    if trial is None or not trial.phase.is_in_stable_pods or not is_frozen(observed):
        return None
    is_direct = observed.model.spec.rollout.strategy is Strategy.DIRECT
    if (is_direct and facts.by is Wisher.PERSON) or not same(facts.wanted, trial.tried):
        return None
    held = f"version {trial.rollout.version} is held, and its clock stands still"
    message = f"{held} until rows are good or spec.loop.freeze is Observe: {_why(observed)}"
    return Verdict(state_now(facts), Reason.FEED_BROKEN, message, Keep(facts.kept))


def challenger_waits_for_the_feed(observed: Observed, facts: Facts) -> Verdict | None:
    """Nobody has asked for it, and its trial would be judged by broken rows."""
    is_new = facts.by is Wisher.CHALLENGER and not facts.trial and not same(facts.wanted, facts.running)
    if not is_new or facts.wanted is None or not is_frozen(observed):
        return None
    waits = f"version {facts.wanted.bundle.version} waits until rows are good or spec.loop.freeze is Observe"
    message = f"{waits}: {_why(observed)}"
    return Verdict(state_now(facts), Reason.FEED_BROKEN, message, Keep(facts.kept))


def _why(observed: Observed) -> str:
    told = f": {observed.drift.of(Signal.FEED).message}" if observed.drift else ""
    return f"the rows that come in are broken since {observed.memory.loop.freezes[0].since}{told}"


RULES = (
    one_pod_sees_other_rows,
    several_feeds_broke_at_once,
    feed_is_broken,
    schema_has_changed,
    feed_is_good_again,
    its_steps_are_frozen,
    challenger_waits_for_the_feed,
)
