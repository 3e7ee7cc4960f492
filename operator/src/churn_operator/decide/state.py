"""Classify: where a ChurnModel is, which revision its pods shall run, and why. Rules in order, first match wins."""

from collections.abc import Callable
from dataclasses import dataclass

from churn_operator.api.status import Reason, State
from churn_operator.decide.facts import (
    failure_of,
    last_good_revision,
    pending_of,
    running_revision,
    runs,
    settled_revision,
    wanted_revision,
)
from churn_operator.decide.members import missing_members
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.revision import Revision


@dataclass(frozen=True)
class Verdict:
    """The state with its reason, and what follows: which revision runs, is settled or rejected."""

    state: State
    reason: Reason
    message: str
    run: Revision | None = None
    train: bool = False
    settled: Revision | None = None
    """The revision that now serves completely."""
    rejected: Revision | None = None
    """The wanted revision, when it is bad."""


Rule = Callable[[Observed], Verdict | None]


def is_paused(observed: Observed) -> Verdict | None:
    """The user holds everything as it is."""
    if not observed.model.spec.paused:
        return None
    running = running_revision(observed)
    return Verdict(State.PAUSED, Reason.PAUSED, "spec.paused is true", run=running, settled=settled_revision(observed))


def training_is_needed_or_running(observed: Observed) -> Verdict | None:
    """There is no version at all, and the spec says how to make one."""
    if observed.model.spec.training is None or not _nothing_to_serve(observed):
        return None
    job = observed.training
    if job and job.pending:
        return Verdict(
            State.TRAINING, Reason.PODS_PENDING, f"training waits for the cluster: {job.pending}", train=True
        )
    if job is None or not job.finished:
        return Verdict(State.TRAINING, Reason.TRAINING, "the training Job makes the first version", train=True)
    message = job.message if job.failed else "the training Job ended, but MLflow has no version of it"
    return Verdict(State.TRAINING_FAILED, Reason.TRAINING_FAILED, message, train=True)


def target_is_unknown(observed: Observed) -> Verdict | None:
    """MLflow cannot say, or must not be believed; what runs goes on."""
    if isinstance(observed.target, Target):
        return None
    run = running_revision(observed) or last_good_revision(observed)
    rejecting = observed.target.reason in (Reason.DIGEST_MISMATCH, Reason.ARTIFACT_INVALID)
    state = State.REJECTED if rejecting else State.STABLE if run else State.WAITING
    if run and not rejecting and not settled_revision(observed):
        state = State.ROLLING_OUT
    return Verdict(state, observed.target.reason, observed.target.message, run=run, settled=settled_revision(observed))


def wanted_was_rejected(observed: Observed) -> Verdict | None:
    """The wanted revision turned out bad before; the last good one serves until another is wanted."""
    wanted, rejected, good = wanted_revision(observed), observed.model.status.rejected, last_good_revision(observed)
    if wanted is None or rejected is None or rejected.revision != wanted.identifier or good is None:
        return None
    settled = settled_revision(observed) if running_revision(observed) == good else None
    reason = Reason(rejected.reason or Reason.BUNDLE_REJECTED)
    return Verdict(State.REJECTED, reason, rejected.message or "", run=good, settled=settled, rejected=wanted)


def quorum_is_impossible(observed: Observed) -> Verdict | None:
    """More members must answer than the wanted version has; what runs goes on."""
    wanted = wanted_revision(observed)
    if wanted is None or wanted.fan_out is None or (wanted.fan_out.quorum or 0) <= len(wanted.members):
        return None
    message = (
        f"spec.serving.members.quorum is {wanted.fan_out.quorum}, "
        f"version {wanted.version} has {len(wanted.members)} members"
    )
    run = running_revision(observed) or last_good_revision(observed)
    return Verdict(State.REJECTED, Reason.QUORUM_IMPOSSIBLE, message, run=run, settled=settled_revision(observed))


def wanted_fails_now(observed: Observed) -> Verdict | None:
    """The pods of the wanted revision cannot get ready; go back to the last good one, if there is one."""
    wanted, good = wanted_revision(observed), last_good_revision(observed)
    failure = failure_of(observed, wanted) if wanted else None
    if wanted is None or failure is None:
        return None
    if good == wanted:
        # It has served completely before: what fails now is not the version's fault.
        return None
    return Verdict(State.REJECTED, failure.reason, failure.message, run=good or wanted, rejected=wanted)


def wanted_serves(observed: Observed) -> Verdict | None:
    """Every pod serves the wanted revision."""
    wanted = wanted_revision(observed)
    if wanted is None or not runs(observed, wanted) or not settled_revision(observed):
        return None
    return Verdict(State.STABLE, Reason.SETTLED, f"version {wanted.version} answers", run=wanted, settled=wanted)


def wanted_lacks_members(observed: Observed) -> Verdict | None:
    """A distributed revision has served completely, and now some of its members have no ready pod."""
    wanted, stable = wanted_revision(observed), observed.model.status.stable
    if wanted is None or stable is None or stable.revision != wanted.identifier or not runs(observed, wanted):
        return None
    missing = missing_members(observed, wanted)
    if not missing:
        return None
    message = f"no ready pod of {', '.join(missing)}: answers leave them out, or are 503 under the quorum"
    return Verdict(State.DEGRADED, Reason.MEMBERS_MISSING, message, run=wanted)


def wanted_rolls_out(observed: Observed) -> Verdict | None:
    """The wanted revision is known and on its way."""
    wanted = wanted_revision(observed)
    if wanted is None:
        return None
    if failure := failure_of(observed, wanted):
        return Verdict(State.ROLLING_OUT, failure.reason, failure.message, run=wanted)
    if pending := pending_of(observed, wanted):
        message = f"version {wanted.version} waits for the cluster: {pending}"
        return Verdict(State.ROLLING_OUT, Reason.PODS_PENDING, message, run=wanted)
    return Verdict(State.ROLLING_OUT, Reason.ROLLING_OUT, f"version {wanted.version} is starting", run=wanted)


RULES: tuple[Rule, ...] = (
    is_paused,
    training_is_needed_or_running,
    target_is_unknown,
    quorum_is_impossible,
    wanted_was_rejected,
    wanted_fails_now,
    wanted_serves,
    wanted_lacks_members,
    wanted_rolls_out,
)


def classify(observed: Observed) -> Verdict:
    """The first rule that has something to say; the last one always does when there is a target."""
    for rule in RULES:
        if verdict := rule(observed):
            return verdict
    raise AssertionError("no rule matched, which the last two make impossible")


def _nothing_to_serve(observed: Observed) -> bool:
    missing = not isinstance(observed.target, Target) and observed.target.reason is Reason.VERSION_NOT_FOUND
    return missing and observed.deployed is None
