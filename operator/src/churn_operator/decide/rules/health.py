"""Last in the chain: how the stable revision does, which is wanted and runs."""

from churn_operator.api.status import Reason, State
from churn_operator.decide.actions import Keep, Try
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.observed import Observed
from churn_operator.decide.passed_over import why_passed_over
from churn_operator.decide.rules.probation import it_is_in_probation
from churn_operator.decide.verdict import Verdict


def stable_is_coming_back(observed: Observed, facts: Facts) -> Verdict | None:
    """Pods of another revision are still there, and those of the stable one are not all ready."""
    if facts.settled or facts.running is None or observed.deployed is None or observed.deployed.no_other_revision:
        return None
    message = f"version {facts.running.bundle.version} comes back"
    if facts.health.pending:
        return Verdict(
            State.ROLLING_OUT, Reason.PODS_PENDING, f"{message}: {facts.health.pending}", Keep(facts.running)
        )
    return Verdict(State.ROLLING_OUT, Reason.ROLLING_OUT, message, Keep(facts.running))


def members_are_missing(observed: Observed, facts: Facts) -> Verdict | None:
    """A distributed revision has served completely, and now some of its members have no ready pod."""
    if facts.running is None or not facts.health.missing:
        return None
    names = ", ".join(facts.health.missing)
    message = f"no ready pod of {names}: answers leave them out, or are 503 under the quorum"
    return Verdict(State.DEGRADED, Reason.MEMBERS_MISSING, message, Keep(facts.running))


def no_pod_is_ready(observed: Observed, facts: Facts) -> Verdict | None:
    """The revision has served completely, and nothing of it answers now: not its fault, so it is not rejected."""
    if facts.running is None or facts.settled:
        return None
    version, health = facts.running.bundle.version, facts.health
    if health.failure:
        reason, why = health.failure.reason, health.failure.message
    elif health.pending:
        reason, why = Reason.PODS_PENDING, health.pending
    else:
        reason, why = Reason.PODS_NOT_READY, "they are starting"
    message = f"no pod of version {version} is ready: {why}"
    return Verdict(State.DEGRADED, reason, message, Keep(facts.running))


def stable_serves(observed: Observed, facts: Facts) -> Verdict | None:
    """Pods serve the wanted revision."""
    if facts.running is None:
        return None
    message = f"version {facts.running.bundle.version} answers"
    if facts.waiting:
        image = facts.waiting.configuration.image
        what = f"image {image}" if image != facts.running.configuration.image else "what installation.yaml says of pods"
        message += f"; {what} is tried when it is this ChurnModel's turn: one moves at a time"
    reason, passed_over = Reason.SETTLED, why_passed_over(observed, facts)
    if passed_over:
        reason, message = Reason.CHALLENGER_PASSED_OVER, f"{message}; {passed_over}"
    return Verdict(State.STABLE, reason, message, Keep(facts.running))


def nothing_runs_yet(observed: Observed, facts: Facts) -> Verdict | None:
    """The wanted revision has neither pods nor a Deployment."""
    if facts.wanted is None:
        return None
    act = Keep(facts.wanted) if same(facts.wanted, facts.stable) else Try(facts.wanted)
    return Verdict(State.ROLLING_OUT, Reason.ROLLING_OUT, f"version {facts.wanted.bundle.version} is starting", act)


RULES = (
    stable_is_coming_back,
    members_are_missing,
    no_pod_is_ready,
    it_is_in_probation,
    stable_serves,
    nothing_runs_yet,
)
