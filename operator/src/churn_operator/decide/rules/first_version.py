"""First of what spec and registry want: where there is no version at all, one is searched for and trained."""

from churn_operator.api.status import Reason, State
from churn_operator.decide.actions import Keep, Search, Train
from churn_operator.decide.credential_hosts import denied_host, why_denied
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.training_status import words_of
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.training import TrainingJob

_SHORTEST_LOOK, _LONGEST_LOOK = 5.0, 60.0


def dataset_may_not_get_credentials(observed: Observed, facts: Facts) -> Verdict | None:
    """Training is needed, and would send credentials to a database that the operator does not allow."""
    training = observed.model.spec.training
    if training is None or observed.training is not None or not _nothing_to_serve(observed, facts):
        return None
    host = denied_host(training.credentials_secret, training.databases, observed.credential_hosts)
    if host is None:
        return None
    message = why_denied("training", host, observed.credential_hosts)
    return Verdict(State.TRAINING_FAILED, Reason.DATASET_NOT_ALLOWED, message, Keep(None))


def search_is_needed_or_running(observed: Observed, facts: Facts) -> Verdict | None:
    """There is no version at all, and its ensemble is to be searched for before one is trained."""
    training, search = observed.model.spec.training, observed.search
    if training is None or training.storage is None or observed.training or not _nothing_to_serve(observed, facts):
        return None
    if search is None:
        return Verdict(State.TRAINING, Reason.SEARCHING, "the search Job is about to be made", Search())
    if search.job.failed:
        return Verdict(State.TRAINING_FAILED, Reason.SEARCH_FAILED, search.job.message, Search())
    if search.job.finished:
        return None
    reason, message = Reason.SEARCHING, words_of(observed, search)
    if search.job.pending:
        reason, message = Reason.PODS_PENDING, f"the search waits for the cluster: {search.job.pending}"
    return Verdict(State.TRAINING, reason, message, Search(), _look(search.job))


def training_is_needed_or_running(observed: Observed, facts: Facts) -> Verdict | None:
    """There is no version at all, and the spec says how to make one."""
    if observed.model.spec.training is None or not _nothing_to_serve(observed, facts):
        return None
    job = observed.training
    if job is None:
        return Verdict(State.TRAINING, Reason.TRAINING, "the training Job is about to be made", Train())
    if job.awaits_mlflow and not job.failed:
        message = "the training Job has ended, and MLflow is asked for its version"
        return Verdict(State.TRAINING, Reason.TRAINING, message, Train(), _SHORTEST_LOOK)
    if job.finished:
        message = job.message if job.failed else "the training Job ended, but MLflow has no version of it"
        return Verdict(State.TRAINING_FAILED, Reason.TRAINING_FAILED, message, Train())
    if job.pending:
        message = f"training waits for the cluster: {job.pending}"
        return Verdict(State.TRAINING, Reason.PODS_PENDING, message, Train(), _look(job))
    return Verdict(State.TRAINING, Reason.TRAINING, "the training Job makes the first version", Train(), _look(job))


def _look(job: TrainingJob) -> float | None:
    """When to look again at one that has no pod, of which no watch tells."""
    return min(max(job.age / 10, _SHORTEST_LOOK), _LONGEST_LOOK) if job.has_no_pod else None


def _nothing_to_serve(observed: Observed, facts: Facts) -> bool:
    missing = not isinstance(observed.target, Target) and observed.target.reason is Reason.VERSION_NOT_FOUND
    return missing and observed.deployed is None and facts.stable is None
