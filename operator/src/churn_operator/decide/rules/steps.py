"""Of the candidate's steps those with a weight: each lasts its hold, and until the evidence is enough."""

from churn_operator.api.rollout import Strategy
from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Phase, Step, Wisher
from churn_operator.decide.actions import Keep, Shift
from churn_operator.decide.facts import Facts
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.observed import Observed
from churn_operator.decide.trial import Trial, may_promote, step_phase, steps_of
from churn_operator.decide.verdict import Verdict


def pairs_begin_anew(observed: Observed, facts: Facts) -> Verdict | None:
    """Processes have ended that this operator has not heard: the step would wait for pairs that nobody counts."""
    trial = _stepping(facts)
    if trial is None or trial.pairs >= trial.rollout.pairs_before:
        return None
    if not all(pod.state for pod in observed.ready_stable_pods):
        return None
    message = f"{_where(trial)}: pairs are counted from {trial.pairs} again, for processes that had more have ended"
    rollout = trial.rollout.next(
        trial.phase,
        trial.rollout.since,
        pairs_before=trial.pairs,
        stood_still=trial.rollout.stood_still,
    )
    return Verdict(_state(trial), Reason.UNKNOWN, message, Shift(facts.kept, rollout, Deed.SHIFTED))


def step_has_passed(observed: Observed, facts: Facts) -> Verdict | None:
    """The next one begins, as the spec has it now."""
    trial = _passed(observed, facts)
    following = _next(observed, trial) if trial else None
    if trial is None or following is None:
        return None
    number, step = following
    steps = steps_of(observed)
    message = f"step {number + 1} of {len(steps)}: {step.weight} % for version {trial.rollout.version}"
    rollout = trial.rollout.next(
        step_phase(observed), observed.now, step=number, steps=steps, weight=step.weight, pairs_before=trial.pairs
    )
    return Verdict(State(rollout.phase.value), Reason.STEP_HOLDS, message, Shift(facts.kept, rollout, Deed.SHIFTED))


def steps_were_lowered(observed: Observed, facts: Facts) -> Verdict | None:
    """A person has become careful: no step is as great as the present weight any more, so it goes to the last one."""
    trial = _stepping(facts)
    if trial is None or observed.model.spec.rollout.strategy is Strategy.DIRECT:
        return None
    steps = steps_of(observed)
    if steps == trial.rollout.steps or steps[-1].weight >= trial.rollout.weight:
        return None
    last = len(steps) - 1
    message = f"step {last + 1} of {len(steps)}: {steps[last].weight} % for version {trial.rollout.version}, as edited"
    rollout = trial.rollout.next(
        step_phase(observed),
        observed.now,
        step=last,
        steps=steps,
        weight=steps[last].weight,
        pairs_before=trial.pairs,
    )
    return Verdict(State(rollout.phase.value), Reason.STEP_HOLDS, message, Shift(facts.kept, rollout, Deed.SHIFTED))


def a_person_has_to_approve(observed: Observed, facts: Facts) -> Verdict | None:
    """All steps have passed of a challenger that nobody asked for."""
    trial = _passed(observed, facts)
    if trial is None or is_approved(observed, facts, trial):
        return None
    version = trial.rollout.version
    message = f"version {version} has passed every step and waits: set spec.rollout.approve to {version!r}"
    return Verdict(
        _state(trial), Reason.AWAITS_APPROVAL, message.replace("'", '"'), Keep(facts.kept), tells=Deed.AWAITS_APPROVAL
    )


def all_steps_have_passed(observed: Observed, facts: Facts) -> Verdict | None:
    """It answers everything, and pods of its own take the stable ones' places."""
    trial = _passed(observed, facts)
    if trial is None or trial.tried is None:
        return None
    message = f"version {trial.rollout.version} has passed every step: it answers, and its pods are starting"
    rollout = trial.rollout.next(Phase.PROMOTING, observed.now, weight=100, by=facts.by)
    return Verdict(State.PROMOTING, Reason.PROMOTING, message, Shift(trial.tried, rollout, Deed.PROMOTING))


def step_lasts(observed: Observed, facts: Facts) -> Verdict | None:
    """Its hold is not over, or the evidence is not enough."""
    trial = _stepping(facts)
    if trial is None or trial.judgement is None:
        return None
    reason, message = Reason.STEP_HOLDS, f"{_where(trial)}: {trial.judgement.message}"
    if trial.judgement.verdict is GateVerdict.UNKNOWN:
        reason = Reason.UNKNOWN
    return Verdict(_state(trial), reason, message, Keep(facts.kept))


def is_approved(observed: Observed, facts: Facts, trial: Trial) -> bool:
    """Whether a person has asked for it, said yes to it, or wants to be asked for none."""
    asked = Wisher.PERSON in (trial.rollout.by, facts.by)
    return asked or may_promote(observed, trial.rollout.version)


def _stepping(facts: Facts) -> Trial | None:
    """While it has a step, and where its pods run is known."""
    trial = facts.trial
    return trial if trial and trial.phase.is_step and facts.kept is not None else None


def _passed(observed: Observed, facts: Facts) -> Trial | None:
    """The trial, where its step is over. A person who asks for Direct now waits for none."""
    trial = _stepping(facts)
    if trial is None or trial.judgement is None:
        return None
    if observed.model.spec.rollout.strategy is Strategy.DIRECT:
        return trial
    is_held = trial.age(observed) < trial.rollout.steps[trial.rollout.step].hold
    return trial if trial.judgement.verdict is GateVerdict.PASS and not is_held else None


def _next(observed: Observed, trial: Trial) -> tuple[int, Step] | None:
    """Weights rise, so the next one is the first that is greater, also where the steps were edited meanwhile."""
    if observed.model.spec.rollout.strategy is Strategy.DIRECT:
        return None
    following = (one for one in enumerate(steps_of(observed)) if one[1].weight > trial.rollout.weight)
    return next(following, None)


def _where(trial: Trial) -> str:
    rollout = trial.rollout
    return f"step {rollout.step + 1} of {len(rollout.steps)}, {rollout.weight} % for version {rollout.version}"


def _state(trial: Trial) -> State:
    return State(trial.phase.value)


RULES = (
    pairs_begin_anew,
    steps_were_lowered,
    step_has_passed,
    a_person_has_to_approve,
    all_steps_have_passed,
    step_lasts,
)
