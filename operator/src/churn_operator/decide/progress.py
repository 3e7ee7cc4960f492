"""status.rollout and the candidate's weight: what pods report, beside what was asked of them. `status` calls it."""

from churn_operator.api.quantities import seconds
from churn_operator.api.rollout_status import RolloutProgress, WeightInForce
from churn_operator.api.status import Reason, ServedRevision
from churn_operator.audit.rollout import Phase, Rollout
from churn_operator.decide.facts import Facts
from churn_operator.decide.freeze import stands_still
from churn_operator.decide.observed import Observed
from churn_operator.decide.plan import Plan
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.late import after
from churn_operator.observe.pod_answer import PodAnswer

_MESSAGE = 1024
_TOLD = tuple(phase for phase in Phase if phase not in (Phase.ENDED, Phase.SAFE_MODE))


def progress_of(observed: Observed, facts: Facts, verdict: Verdict, plan: Plan) -> RolloutProgress | None:
    """None where nothing is tried."""
    rollout = plan.rollout
    if rollout is None or rollout.phase not in _TOLD:
        return None
    in_force = weight_in_force(observed, rollout)
    is_step, judgement = rollout.phase.is_step, facts.trial.judgement if facts.trial else None
    waits = verdict.reason is Reason.AWAITS_APPROVAL
    return RolloutProgress(
        phase=rollout.phase.value,
        version=rollout.version,
        step=rollout.step + 1 if is_step else None,
        steps=len(rollout.steps) if is_step else None,
        weight=rollout.weight,
        in_force=WeightInForce(least=in_force[0], most=in_force[1]) if in_force else None,
        pods=sum(pod.state is not None for pod in observed.stable_pods),
        pairs=judgement.pairs if judgement else None,
        min_pairs=observed.model.spec.rollout.gates.min_pairs if judgement else None,
        verdict=judgement.verdict.value.lower() if judgement else None,
        message=(judgement.message if judgement and not waits else verdict.message)[:_MESSAGE],
        since=rollout.since,
        next_look=_next_look(observed, rollout),
    )


def _next_look(observed: Observed, rollout: Rollout) -> str | None:
    """When its step or probation can be over at the earliest; None where no clock is waited for, or it stands still."""
    spec = observed.model.spec
    if stands_still(observed) or not (rollout.phase.is_step or rollout.phase is Phase.PROBATION):
        return None
    lasts = rollout.steps[rollout.step].hold if rollout.phase.is_step else seconds(spec.rollout.probation)
    ends = after(rollout.since, lasts + rollout.stood_still)
    return ends if ends > observed.now else None


def tried_revision(observed: Observed, rollout: Rollout) -> ServedRevision:
    """As status.candidate has it."""
    in_force = weight_in_force(observed, rollout)
    return ServedRevision(
        version=rollout.version,
        digest=rollout.digest,
        revision=rollout.revision,
        since=rollout.begun,
        weight=in_force[0] if in_force else None,
    )


def weight_in_force(observed: Observed, rollout: Rollout) -> tuple[int, int] | None:
    """Percent of the requests that it answers, least and most of the pods that told; None where none did."""
    told = [_answered_by(pod, rollout) for pod in observed.ready_stable_pods if pod.state]
    return (min(told), max(told)) if told else None


def _answered_by(pod: PodAnswer, rollout: Rollout) -> int:
    """In a rollback the percent of the version before, as `weight` has it then."""
    assert pod.state is not None, "it told"
    back = rollout.phase is Phase.ROLLING_BACK
    asked, own = (rollout.previous_digest if back else rollout.digest), pod.state.digest
    tried = pod.state.in_force
    share = tried.weight if tried and not tried.is_breaker_open else 0
    return 100 - share if own == asked else share
