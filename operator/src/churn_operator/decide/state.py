"""Classify: where a ChurnModel is, which revision its pods shall run, and why. Rules in order, first match wins."""

from collections.abc import Callable
from dataclasses import dataclass

from churn_operator.api.status import Reason, State
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.revision import Revision


@dataclass(frozen=True)
class Verdict:
    """The state with its reason, and what follows: the revision to run, whether to train, whom to crown or refuse."""

    state: State
    reason: Reason
    message: str
    run: Revision | None = None
    train: bool = False
    settled: Revision | None = None
    """The revision that now serves completely."""
    refused: Revision | None = None
    """The wanted revision, when it is bad."""


Rule = Callable[[Observed], Verdict | None]


def wanted_revision(observed: Observed) -> Revision | None:
    """The revision that the spec asks for; None without a target."""
    if not isinstance(observed.target, Target):
        return None
    return Revision(
        model=observed.model.spec.model.name,
        version=observed.target.version,
        digest=observed.target.digest,
        image=observed.serving_image,
        resources=observed.model.spec.serving.resources,
    )


def running_revision(observed: Observed) -> Revision | None:
    """The revision that the Deployment's template names."""
    if observed.deployed is None:
        return None
    wanted = wanted_revision(observed)
    if wanted and wanted.identifier == observed.deployed.revision:
        return wanted
    return observed.revisions.get(observed.deployed.revision)


def last_good_revision(observed: Observed) -> Revision | None:
    """The stable revision of the status, while its record exists."""
    stable = observed.model.status.stable
    return observed.revisions.get(stable.revision) if stable else None


def is_paused(observed: Observed) -> Verdict | None:
    """The user holds everything as it is."""
    if not observed.model.spec.paused:
        return None
    running = running_revision(observed)
    return Verdict(State.PAUSED, Reason.PAUSED, "spec.paused is true", run=running, settled=_if_serving(observed))


def training_is_needed_or_running(observed: Observed) -> Verdict | None:
    """There is no version at all, and the spec says how to make one."""
    if observed.model.spec.training is None or not _nothing_to_serve(observed):
        return None
    job = observed.training
    if job is None or not job.finished:
        return Verdict(State.TRAINING, Reason.TRAINING, "the training Job makes the first version", train=True)
    message = job.message if job.failed else "the training Job ended, but MLflow has no version of it"
    return Verdict(State.TRAINING_FAILED, Reason.TRAINING_FAILED, message, train=True)


def target_is_unknown(observed: Observed) -> Verdict | None:
    """MLflow cannot say, or must not be believed; what runs goes on."""
    if isinstance(observed.target, Target):
        return None
    run = running_revision(observed) or last_good_revision(observed)
    refusing = observed.target.reason in (Reason.DIGEST_MISMATCH, Reason.ARTIFACT_INVALID)
    state = State.REFUSED if refusing else State.STABLE if run else State.WAITING
    if run and not refusing and not _if_serving(observed):
        state = State.ROLLING_OUT
    return Verdict(state, observed.target.reason, observed.target.message, run=run, settled=_if_serving(observed))


def wanted_was_refused(observed: Observed) -> Verdict | None:
    """The wanted revision turned out bad before; the last good one serves until another is wanted."""
    wanted, refused, good = wanted_revision(observed), observed.model.status.refused, last_good_revision(observed)
    if wanted is None or refused is None or refused.revision != wanted.identifier or good is None:
        return None
    settled = _if_serving(observed) if running_revision(observed) == good else None
    reason = Reason(refused.reason or Reason.BUNDLE_REFUSED)
    return Verdict(State.REFUSED, reason, refused.message or "", run=good, settled=settled, refused=wanted)


def wanted_fails_now(observed: Observed) -> Verdict | None:
    """The pods of the wanted revision cannot get ready; go back to the last good one, if there is one."""
    wanted, good = wanted_revision(observed), last_good_revision(observed)
    if wanted is None or not _runs(observed, wanted) or observed.deployed is None or observed.deployed.failure is None:
        return None
    if good == wanted:
        # It has served completely before: what fails now is not the version's fault.
        return None
    failure = observed.deployed.failure
    return Verdict(State.REFUSED, failure.reason, failure.message, run=good or wanted, refused=wanted)


def wanted_serves(observed: Observed) -> Verdict | None:
    """Every pod serves the wanted revision."""
    wanted = wanted_revision(observed)
    if wanted is None or not _runs(observed, wanted) or not _if_serving(observed):
        return None
    return Verdict(State.STABLE, Reason.SETTLED, f"version {wanted.version} answers", run=wanted, settled=wanted)


def wanted_rolls_out(observed: Observed) -> Verdict | None:
    """The wanted revision is known and on its way."""
    wanted = wanted_revision(observed)
    if wanted is None:
        return None
    failure = observed.deployed.failure if observed.deployed and _runs(observed, wanted) else None
    if failure:
        return Verdict(State.ROLLING_OUT, failure.reason, failure.message, run=wanted)
    return Verdict(State.ROLLING_OUT, Reason.ROLLING_OUT, f"version {wanted.version} is starting", run=wanted)


RULES: tuple[Rule, ...] = (
    is_paused,
    training_is_needed_or_running,
    target_is_unknown,
    wanted_was_refused,
    wanted_fails_now,
    wanted_serves,
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


def _runs(observed: Observed, revision: Revision) -> bool:
    return observed.deployed is not None and observed.deployed.revision == revision.identifier


def _if_serving(observed: Observed) -> Revision | None:
    """The running revision, once it serves completely. Scaling it up or down later does not make it less so."""
    seen, stable = observed.deployed, observed.model.status.stable
    if seen is None:
        return None
    scaling = stable is not None and stable.revision == seen.revision and seen.alone and seen.ready_pods > 0
    return running_revision(observed) if seen.rolled_out or scaling else None
