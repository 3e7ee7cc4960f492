"""The first new pod of a rolling update is judged beside the old ones before others follow it.

The Deployment is paused from the moment that it has a pod of the new revision: Kubernetes would go on as soon as that
one is ready.
"""

from churn_operator.api.quantities import seconds
from churn_operator.audit.rollout import Phase, Rollout
from churn_operator.decide.facts import Facts
from churn_operator.decide.gates.faults import LEAST_FAULTS
from churn_operator.decide.gates.judgement import Judgement
from churn_operator.decide.gates.sequential import is_against
from churn_operator.decide.gates.serve import judge_serving, serve_evidence
from churn_operator.decide.observed import Observed
from churn_operator.decide.traffic import holds, stable_table
from churn_operator.decide.trial import Trial
from churn_operator.observe.late import seconds_between
from churn_operator.observe.pod_answer import PodAnswer

QUIET_SECONDS = 20.0
"""How long it is ready before too little evidence lets the others follow."""
TABLE_SECONDS = 30.0
"""How much longer it may take to get the table of the version before, by which requests can go back."""
_FAR_MORE, _MOST = 0.25, 0.5
"""Shares of the requests. Overload fails requests of any version, so a little more says nothing."""
_KNOWN_REQUESTS = 100
_BY_OWN_PODS = (Phase.ROLLING_OUT, Phase.PROMOTING)


def is_gate_closed(observed: Observed, rollout: Rollout | None) -> bool:
    """Whether no further pod may start: there are a new one and old ones, and it is not judged yet."""
    if rollout is None or rollout.phase not in _BY_OWN_PODS or rollout.is_judged:
        return False
    revisions = {pod.revision for pod in observed.stable_pods}
    return rollout.revision in revisions and len(revisions) > 1


def is_first_pod_judged(observed: Observed, facts: Facts) -> bool:
    """Whether a closed gate may open: nothing speaks against the new pod, and it was there long enough to be seen."""
    trial = facts.trial
    if trial is None or not is_gate_closed(observed, trial.rollout):
        return False
    ready = [pod for pod in observed.stable_pods if pod.revision == trial.rollout.revision and pod.ready_since]
    # Seen by this operator: another one's evidence has gone with it.
    since = (max(pod.ready_since, observed.looked_since) for pod in ready)
    age = max((seconds_between(begun, observed.now) for begun in since), default=0.0)
    return age >= QUIET_SECONDS + (0.0 if _has_the_way_back(observed, trial, ready) else TABLE_SECONDS)


def _has_the_way_back(observed: Observed, trial: Trial, new: list[PodAnswer]) -> bool:
    """Whether a new pod holds the table of the version before, or none is to: old pods give it, and go."""
    rollout = trial.rollout
    if rollout.digest == rollout.previous_digest or seconds(observed.model.spec.rollout.probation) == 0:
        return True
    table = stable_table(observed, rollout)
    return bool(table) and any(holds(pod, table) for pod in new)


def judge_serve_gate(observed: Observed, trial: Trial) -> Judgement:
    """What new and old pods answered since the new ones began, or since this operator has looked."""
    pods = [(pod, pod.state) for pod in observed.stable_pods if pod.state]
    since, revision = observed.looked_since, trial.rollout.revision
    new = [(pod.said_before(since), state) for pod, state in pods if pod.revision == revision]
    old = [(pod.first, state) for pod, state in pods if pod.revision != revision]
    return judge_serving(serve_evidence(new, old))


def why_requests_fail(observed: Observed, trial: Trial) -> str | None:
    """In probation no old pod is left to compare with, so far more must fail than did before; None: they do not.

    What old processes said last is all that is known of before; an operator that has not heard them asks for most.
    """
    rollout = trial.rollout
    new, old = (_answered(observed, digest) for digest in (rollout.digest, rollout.previous_digest))
    allowed = _MOST
    if sum(old) >= _KNOWN_REQUESTS:
        allowed = min(old[0] / sum(old) + _FAR_MORE, _MOST)
    if new[0] < LEAST_FAULTS or new[0] <= allowed * sum(new) or not is_against(allowed, *new):
        return None
    return f"{new[0]} of {sum(new)} requests failed; before, {old[0]} of {sum(old)} did"


def _answered(observed: Observed, digest: str) -> tuple[int, int]:
    """Requests that processes of the bundle have failed, and others."""
    told = [state.serving for state in observed.seen if state.digest == digest and state.serving]
    failures = sum(one.failures for one in told)
    return failures, sum(one.requests for one in told) - failures
