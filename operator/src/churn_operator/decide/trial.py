"""What is being tried, as the rules need it: the rollout that the chain tells of, its records, and its evidence."""

from dataclasses import dataclass, replace

from churn_operator.api.loop import Mode
from churn_operator.api.quantities import seconds
from churn_operator.api.rollout import Strategy
from churn_operator.audit.rollout import Phase, Rollout, Step, Wisher
from churn_operator.decide.freeze import rows_are_broken, stands_still
from churn_operator.decide.gates.judge import judge
from churn_operator.decide.gates.judgement import Judgement
from churn_operator.decide.observed import Observed
from churn_operator.decide.paired_evidence import PairedEvidence, paired_evidence
from churn_operator.observe.late import seconds_between
from churn_operator.observe.record import Record

_BESIDE_STABLE = (Phase.SHADOWING, Phase.CANARY, Phase.PROMOTING)


@dataclass(frozen=True)
class Trial:
    """A rollout that lasts."""

    rollout: Rollout
    tried: Record | None
    """The record of what is tried; None: somebody has deleted it."""
    before: Record | None
    """Where a way back leads; None: that record is lost, or was found bad too."""
    judgement: Judgement | None = None
    """By the pairs of both versions; None where there cannot be any in this phase."""
    pairs: int = 0
    """Rows that both have scored so far."""

    @property
    def phase(self) -> Phase:
        """Of the rollout."""
        return self.rollout.phase

    def age(self, observed: Observed) -> float:
        """Seconds since the phase or step began, without those in a pause or a freeze."""
        age = seconds_between(self.rollout.since, observed.now) - self.rollout.stood_still
        return age - (_still(observed, self.rollout) if stands_still(observed) else 0.0)

    def waits_for_pairs(self, observed: Observed) -> bool:
        """Whether its step would be over if there were more of them."""
        if self.judgement is None or not self.phase.is_step:
            return False
        is_held = self.age(observed) < self.rollout.steps[self.rollout.step].hold
        return not is_held and self.judgement.pairs < observed.model.spec.rollout.gates.min_pairs


def find_trial(observed: Observed, asked: Record | None) -> Trial | None:
    """None: nothing is tried."""
    rollout = lasting_rollout(observed)
    if rollout is None:
        return None
    known = ({asked.identifier: asked} if asked else {}) | observed.records
    tried, before = known.get(rollout.revision), known.get(rollout.previous)
    evidence = _evidence(observed, rollout)
    return Trial(
        rollout=rollout,
        tried=tried,
        before=None if before is None or before.was_rejected else before,
        judgement=_judgement(observed, rollout, evidence, tried) if evidence else None,
        pairs=evidence.pairs if evidence else 0,
    )


def lasting_rollout(observed: Observed) -> Rollout | None:
    """Its clock stands still in a pause or a freeze; where one has just ended, it is moved on, and recorded so."""
    rollout = observed.memory.rollout
    if rollout is None or not rollout.lasts:
        return None
    if not observed.memory.still_since or stands_still(observed):
        return rollout
    return replace(rollout, stood_still=rollout.stood_still + _still(observed, rollout))


def steps_of(observed: Observed) -> tuple[Step, ...]:
    """As the spec has them now."""
    return tuple(Step(step.weight, seconds(step.hold)) for step in observed.model.spec.rollout.steps)


def begin(observed: Observed, phase: Phase, tried: Record, stable: Record | None, by: Wisher) -> Rollout:
    """A new one, after whatever was tried before."""
    last, bundle = observed.memory.rollout, tried.bundle
    return Rollout(
        phase=phase,
        revision=tried.identifier,
        previous=stable.identifier if stable else "",
        version=bundle.version,
        digest=bundle.digest,
        previous_version=stable.bundle.version if stable else "",
        previous_digest=stable.bundle.digest if stable else "",
        generation=last.generation + 1 if last else 1,
        since=observed.now,
        begun=observed.now,
        by=by,
        steps=steps_of(observed) if phase is Phase.VERIFYING else (),
    )


def may_promote(observed: Observed, version: str) -> bool:
    """Whether a challenger of that version needs no person's yes, or has it; labels are one for a recalled version."""
    spec, recall = observed.model.spec, observed.memory.loop.recall
    if recall and recall.version == version:
        return True
    return spec.loop.promote is Mode.AUTO or spec.rollout.approve == version


def step_phase(observed: Observed) -> Phase:
    """Of steps, by the strategy as it is now."""
    return Phase.SHADOWING if observed.model.spec.rollout.strategy is Strategy.SHADOW else Phase.CANARY


def _still(observed: Observed, rollout: Rollout) -> float:
    """Seconds of the phase since its clock stands still, if it does or has just begun to go on."""
    since = observed.memory.still_since
    if not since:
        return 0.0
    return max(min(seconds_between(since, observed.now), seconds_between(rollout.since, observed.now)), 0.0)


def _evidence(observed: Observed, rollout: Rollout) -> PairedEvidence | None:
    """What is tried is judged by what the other version did with the same rows."""
    if rollout.digest == rollout.previous_digest:
        return None
    states = (*observed.seen, *observed.shadows)
    if rollout.phase in _BESIDE_STABLE:
        return paired_evidence(states, rollout.previous_digest, rollout.digest)
    if rollout.phase is Phase.PROBATION:
        return paired_evidence(states, rollout.digest, rollout.previous_digest).exchanged()
    return None


def _judgement(observed: Observed, rollout: Rollout, evidence: PairedEvidence, tried: Record | None) -> Judgement:
    expected = tried.bundle.comparison if tried else None
    found = judge(evidence, observed.model.spec.rollout.gates, expected, rollout.pairs_before)
    recall = observed.memory.loop.recall
    is_recalled = recall is not None and recall.version == rollout.version
    # Broken rows, and labels that say which version is better, say more of scores than another version's scores do.
    return found.without_scores() if is_recalled or rows_are_broken(observed) else found
