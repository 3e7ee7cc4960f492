"""Which revision the serving Deployment names now, and whose members run: members come up first and go last."""

from dataclasses import dataclass

from churn_operator.decide.facts import running_revision
from churn_operator.decide.members import members_are_up
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.revision import Revision
from churn_operator.decide.state import Verdict


@dataclass(frozen=True)
class RolloutPlan:
    """What a verdict means for the children."""

    record: Revision | None
    """The revision that shall run; it is recorded before anything of it runs."""
    serving: Revision | None
    """The one that the serving Deployment names now; None: it is left as it is, or not made yet."""
    members: tuple[Revision, ...]
    """The distributed ones whose members run."""
    kept: frozenset[str]
    """Revisions whose members must not be removed."""


def plan_rollout(observed: Observed, verdict: Verdict) -> RolloutPlan:
    """Serving pods of a distributed revision start once its members are up, and its members go once they are gone."""
    running, in_use = running_revision(observed), _in_use(observed)
    serving = verdict.run
    if serving and serving.identifier not in in_use and not members_are_up(observed, serving):
        serving = running
    known = {**observed.revisions, **{revision.identifier: revision for revision in (running, verdict.run) if revision}}
    kept = in_use | ({verdict.run.identifier} if verdict.run else set())
    if observed.model.spec.paused or not isinstance(observed.target, Target):
        # Held as it is; or MLflow does not say what is wanted, and members that are starting may be.
        kept |= observed.members.keys()
    members = tuple(known[name] for name in sorted(kept) if name in known and known[name].fan_out)
    return RolloutPlan(verdict.run, serving, members, frozenset(kept))


def _in_use(observed: Observed) -> set[str]:
    named = {observed.deployed.revision} if observed.deployed else set()
    return named | observed.answering
