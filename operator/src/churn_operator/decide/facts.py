"""What the rules need to know of a ChurnModel, computed once: wanted, running, stable, candidate, and how they do."""

from dataclasses import dataclass, replace

from churn_operator.api.status import Reason, reason_of
from churn_operator.audit.rollout import Phase, Wisher
from churn_operator.decide.member_facts import member_deployments, missing_members
from churn_operator.decide.observed import Observed
from churn_operator.decide.trial import Trial, find_trial
from churn_operator.decide.wanted import asked_for, find_rejection, find_wanted
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.record import Fate, Record

_CRASHES = 3
"""So many ends without an error of ours make a revision bad: one may pass by itself."""


@dataclass(frozen=True)
class Health:
    """How the pods of one revision do, its members' first."""

    failure: PodFailure | None = None
    """The gravest."""
    bad: PodFailure | None = None
    """The failure, where it is enough to call a revision that is being tried bad."""
    pending: str | None = None
    seconds_left: float | None = None
    """Until the deadline makes it bad; None while nothing says that it will."""
    missing: tuple[str, ...] = ()
    """Members without a ready pod."""


@dataclass(frozen=True)
class Facts:
    """Which record plays which role now. None: there is no such one, or it cannot be known."""

    wanted: Record | None
    """What spec and registry ask for; a new image or new defaults count only from this ChurnModel's turn on."""
    running: Record | None
    """What the serving Deployment's template names."""
    kept: Record | None
    """What goes on while nothing else is decided: the running one, or the stable one where there is no Deployment. None
    beside a Deployment whose record is lost: it is left as it is, for the stable one may be older than what it runs."""
    stable: Record | None
    """The newest that has served completely."""
    previous: Record | None
    """The one before."""
    stable_is_lost: bool
    """The status tells of a newer stable one, whose record somebody has deleted."""
    candidate: Record | None
    """What is being tried: it runs, or its members do, and it is not the stable one."""
    settled: Record | None
    """The running one, once it serves completely. Scaling it later does not make it less so."""
    waiting: Record | None
    """The wanted revision with another image or other defaults, while it is another ChurnModel's turn."""
    rejection: Record | None
    """The record by which the wanted revision is known as bad, unless spec.rollout.retry lifts that."""
    health: Health
    """Of the candidate; without one, of what runs."""
    trial: Trial | None = None
    """What the audit chain tells of a rollout that lasts."""
    by: Wisher = Wisher.PERSON
    """Whose wish the wanted revision is."""

    @property
    def way_back(self) -> Record | None:
        """What serves when the candidate must not. Pods of a lost stable one do not go for whatever was so before."""
        return None if self.stable_is_lost else self.stable


def find_facts(observed: Observed) -> Facts:
    """From one observation."""
    person_asks = asked_for(observed)
    stable, previous = _served(observed, person_asks)
    wish = find_wanted(observed, person_asks, stable)
    asked = wish.record
    trial = find_trial(observed, asked)
    if trial and trial.phase is Phase.ROLLING_BACK and trial.before and not same(trial.before, stable):
        stable, previous = trial.before, stable
    running = _running(observed, asked)
    candidate = _beside(trial) or _candidate(observed, running, stable, asked)
    rejection = find_rejection(observed, asked) if asked and not same(asked, stable) else None
    present = candidate or stable
    waits = rejection is None and not observed.may_change_image and moves(asked, present, observed)
    judged = candidate or running
    return Facts(
        wanted=present if waits else asked,
        running=running,
        kept=running if observed.deployed else stable,
        stable=stable,
        previous=previous,
        stable_is_lost=_stable_is_lost(observed, asked),
        candidate=candidate,
        settled=_settled(observed, running, stable),
        waiting=asked if waits else None,
        rejection=rejection,
        health=_health(observed, judged) if judged else Health(),
        trial=trial,
        by=wish.by,
    )


def why_rejected(record: Record) -> Reason:
    """The word on a rejected record."""
    return reason_of(record.reason, Reason.BUNDLE_REJECTED)


def same(one: Record | None, other: Record | None) -> bool:
    """Whether both are there and are one revision."""
    return one is not None and other is not None and one.identifier == other.identifier


def has_another_digest(observed: Observed, record: Record) -> bool:
    """Whether spec.model.digest, which may have been set in the middle of its rollout, names another bundle."""
    return observed.model.spec.model.digest not in (None, record.bundle.digest)


def moves(asked: Record | None, present: Record | None, observed: Observed) -> bool:
    """Whether the operator, and not the ChurnModel, asks for another configuration of the same bundle."""
    if asked is None or present is None or asked.bundle.digest != present.bundle.digest:
        return False
    return asked.configuration.differs_by_installation(present.configuration, observed.model.spec.pod)


def _served(observed: Observed, asked: Record | None) -> tuple[Record | None, Record | None]:
    told = observed.model.status.stable
    # Where somebody has taken the record of what runs away, the status still tells its fate.
    known = ({asked.identifier: asked} if asked else {}) | observed.records

    def order(record: Record) -> tuple[str, bool]:
        # Times are whole seconds; the status knows better which of two came last.
        return record.since, told is not None and told.revision == record.identifier

    served = sorted((one for one in known.values() if one.fate is Fate.SERVED), key=order, reverse=True)
    return (*served, None, None)[0], (*served, None, None)[1]


def _stable_is_lost(observed: Observed, asked: Record | None) -> bool:
    told, known = observed.model.status.stable, {*observed.records, *([asked.identifier] if asked else [])}
    return told is not None and told.revision not in known


def _running(observed: Observed, asked: Record | None) -> Record | None:
    if observed.deployed is None:
        return None
    if asked and observed.is_deployed(asked):
        return asked
    return observed.records.get(observed.deployed.revision)


def _beside(trial: Trial | None) -> Record | None:
    """What is tried without pods of its own, or will get them."""
    is_beside = trial is not None and (trial.phase.is_in_stable_pods or trial.phase is Phase.PROMOTING)
    return trial.tried if trial and is_beside else None


def _candidate(
    observed: Observed, running: Record | None, stable: Record | None, asked: Record | None
) -> Record | None:
    if running and not same(running, stable):
        return running
    known = observed.records | ({asked.identifier: asked} if asked else {})
    starting = (known[name] for name in sorted(observed.members) if name in known)
    tried = [one for one in starting if not same(one, stable) and _may_be_tried(one, stable, asked)]
    preferred = [one for one in tried if same(one, asked)]
    return (*preferred, *tried, None)[0]


def _may_be_tried(record: Record, stable: Record | None, asked: Record | None) -> bool:
    if record.fate is Fate.SERVED:
        # On the way back to it; else its members are only about to go.
        return same(record, asked)
    return record.fate is Fate.NEW or (record.was_rejected and stable is None)


def _settled(observed: Observed, running: Record | None, stable: Record | None) -> Record | None:
    seen = observed.deployed
    if seen is None or running is None or missing_members(observed, running):
        return None
    scaling = same(running, stable) and seen.no_other_revision and seen.ready_pods > 0
    return running if seen.rolled_out or scaling else None


def _health(observed: Observed, record: Record) -> Health:
    seen = [(f"member {name}: ", one) for name, one in member_deployments(observed, record).items() if one]
    if observed.deployed and observed.is_deployed(record):
        seen.append(("", observed.deployed))
    elif observed.verifier and observed.verifier.revision == record.identifier:
        seen.append(("verifier: ", observed.verifier))
    failures = [_named(where, one.failure) for where, one in seen if one.failure]
    late = [_too_late(where) for where, one in seen if one.seconds_left is not None and one.seconds_left <= 0]
    lefts = [one.seconds_left for _, one in seen if one.seconds_left is not None]
    return Health(
        failure=(*failures, None)[0],
        bad=(*(failure for failure in failures if is_bad_enough(failure)), *late, None)[0],
        pending=next((f"{where}{one.pending}" for where, one in seen if one.pending), None),
        seconds_left=min(lefts, default=None),
        missing=tuple(missing_members(observed, record)),
    )


def is_bad_enough(failure: PodFailure) -> bool:
    """Whether it makes a revision bad: a bundle that is, or so many ends."""
    return failure.reason is Reason.BUNDLE_REJECTED or failure.ends >= _CRASHES


def _named(where: str, failure: PodFailure) -> PodFailure:
    return replace(failure, message=where + failure.message)


def _too_late(where: str) -> PodFailure:
    message = "the pods were not ready within spec.rollout.progressDeadline of having their bundle"
    return PodFailure(Reason.PROGRESS_DEADLINE_EXCEEDED, where + message)
