"""Fifth in the chain: what spec and registry ask for."""

from dataclasses import replace

from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Phase, Rollout, Wisher
from churn_operator.decide.actions import Keep, RollBack, Shift, Try
from churn_operator.decide.credential_hosts import denied_store
from churn_operator.decide.facts import Facts, has_another_digest, same, why_rejected
from churn_operator.decide.in_stable_pods import is_asked_for, why_not_in_stable_pods
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.rules.first_version import (
    dataset_may_not_get_credentials,
    search_is_needed_or_running,
    training_is_needed_or_running,
)
from churn_operator.decide.trial import begin, may_promote
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record

_BAD_ARTIFACT = (Reason.DIGEST_MISMATCH, Reason.ARTIFACT_INVALID)


def candidate_has_another_digest(observed: Observed, facts: Facts) -> Verdict | None:
    """spec.model.digest was set in the middle of its rollout, and nothing with that digest is found."""
    candidate, target = facts.candidate, observed.target
    if isinstance(target, Target) or candidate is None or not has_another_digest(observed, candidate):
        return None
    if facts.way_back is None:
        return None
    state = State.REJECTED if target.reason in _BAD_ARTIFACT else State.ROLLING_OUT
    message = f"version {facts.way_back.bundle.version} comes back; {target.message}"
    return Verdict(state, target.reason, message, RollBack(facts.way_back, _given_up(observed, facts)))


def bundle_is_not_the_one_asked_for(observed: Observed, facts: Facts) -> Verdict | None:
    """The version's digest is another one than spec.model.digest, or it holds no bundle; what runs goes on."""
    if isinstance(observed.target, Target) or observed.target.reason not in _BAD_ARTIFACT:
        return None
    run = facts.kept
    return Verdict(State.REJECTED, observed.target.reason, observed.target.message, Keep(run))


def target_is_unknown(observed: Observed, facts: Facts) -> Verdict | None:
    """MLflow cannot say what is wanted; what runs goes on."""
    if isinstance(observed.target, Target):
        return None
    run = facts.kept
    asked = observed.model.spec.model.version
    if run is None or (asked and asked != run.bundle.version):
        return Verdict(State.WAITING, observed.target.reason, observed.target.message, Keep(run))
    if facts.settled:
        in_probation = facts.trial is not None and facts.trial.phase is Phase.PROBATION
        state = State.PROBATION if in_probation else State.STABLE
        return Verdict(state, observed.target.reason, observed.target.message, Keep(run))
    if facts.running is None:
        message = f"version {run.bundle.version} comes back; {observed.target.message}"
        return Verdict(State.ROLLING_OUT, observed.target.reason, message, RollBack(run))
    return None


def quorum_is_impossible(observed: Observed, facts: Facts) -> Verdict | None:
    """More members must answer than the wanted version has; what runs goes on."""
    wanted = facts.wanted
    fan_out = wanted.configuration.fan_out if wanted else None
    if wanted is None or fan_out is None or (fan_out.quorum or 0) <= len(wanted.bundle.members):
        return None
    message = (
        f"spec.serving.members.quorum is {fan_out.quorum}, "
        f"version {wanted.bundle.version} has {len(wanted.bundle.members)} members"
    )
    return Verdict(State.REJECTED, Reason.QUORUM_IMPOSSIBLE, message, Keep(facts.kept))


def state_store_may_not_get_credentials(observed: Observed, facts: Facts) -> Verdict | None:
    """Servers of the wanted revision would log in at a host that the operator does not allow; what runs goes on."""
    state = facts.wanted.configuration.state if facts.wanted else None
    why = denied_store("serving", state, observed.credential_hosts)
    return Verdict(State.REJECTED, Reason.STATE_STORE_NOT_ALLOWED, why, Keep(facts.kept)) if why else None


def wanted_was_rejected(observed: Observed, facts: Facts) -> Verdict | None:
    """It turned out bad before; the stable revision serves until another is wanted, or a person asks for a retry."""
    if facts.rejection is None or (facts.stable is None and _is_all_there_is(observed, facts)):
        return None
    stays = facts.kept is None or same(facts.kept, facts.way_back)
    back = facts.way_back
    act = Keep(facts.kept) if stays or back is None else RollBack(back, _given_up(observed, facts))
    return Verdict(State.REJECTED, why_rejected(facts.rejection), facts.rejection.message, act)


def something_else_is_wanted(observed: Observed, facts: Facts) -> Verdict | None:
    """A new version, a new configuration, or one that served before."""
    wanted = facts.wanted
    if wanted is None or same(wanted, facts.running):
        return None
    version = wanted.bundle.version
    if same(wanted, facts.stable):
        back = RollBack(wanted, _given_up(observed, facts))
        return Verdict(State.ROLLING_OUT, Reason.ROLLING_OUT, f"version {version} comes back", back)
    if not is_asked_for(observed):
        return _by_pods_of_its_own(observed, facts, wanted, "")
    why = why_not_in_stable_pods(observed, facts)
    if why is not None:
        return _by_pods_of_its_own(observed, facts, wanted, why)
    rollout = begin(observed, Phase.VERIFYING, wanted, facts.stable, facts.by)
    act = Shift(facts.kept, rollout, Deed.ROLLOUT_BEGUN, wanted)
    return Verdict(State.VERIFYING, Reason.VERIFYING, f"the verifier of version {version} is starting", act)


def _by_pods_of_its_own(observed: Observed, facts: Facts, wanted: Record, why: str) -> Verdict:
    version = wanted.bundle.version
    if why and facts.running is None and observed.deployed is not None:
        # What serves may be good; only nobody knows any more what it is.
        message = f"version {version} waits: no record tells what the pods serve; strategy Direct rolls it out"
        return Verdict(State.WAITING, Reason.REVISION_UNKNOWN, message, Keep(None))
    why = f"it is not tried in the stable pods: {why}" if why else ""
    if facts.by is Wisher.CHALLENGER and not may_promote(observed, version):
        # Without steps there is no last one to wait at.
        message = "; ".join(filter(None, [f"version {version} waits for spec.rollout.approve to name it", why]))
        keep = Keep(facts.kept)
        return Verdict(State.STABLE, Reason.AWAITS_APPROVAL, message, keep, tells=Deed.AWAITS_APPROVAL)
    message = "; ".join(filter(None, [f"version {version} is starting", why]))
    begun = facts.trial is not None and same(wanted, facts.trial.tried) and facts.trial.phase is Phase.ROLLING_OUT
    rollout = begin(observed, Phase.ROLLING_OUT, wanted, facts.way_back, facts.by)
    act = Try(wanted, None if begun else replace(rollout, why=why))
    return Verdict(State.ROLLING_OUT, Reason.ROLLING_OUT, message, act)


def _is_all_there_is(observed: Observed, facts: Facts) -> bool:
    """No pods but those of the wanted revision. Others may be of a version that is good, and whose record is lost."""
    return observed.deployed is None or same(facts.running, facts.wanted)


def _given_up(observed: Observed, facts: Facts) -> Rollout | None:
    """What was tried, over."""
    return facts.trial.rollout.ended(observed.now) if facts.trial else None


RULES = (
    dataset_may_not_get_credentials,
    search_is_needed_or_running,
    training_is_needed_or_running,
    candidate_has_another_digest,
    bundle_is_not_the_one_asked_for,
    target_is_unknown,
    quorum_is_impossible,
    state_store_may_not_get_credentials,
    wanted_was_rejected,
    something_else_is_wanted,
)
