"""status.training: how far a search has come, for `status` and in the words of its verdict."""

from churn_operator.api.status import JobState, SearchStatus, TrainingStatus
from churn_operator.decide.observed import Observed
from churn_operator.observe.search import SearchJob


def training_status(observed: Observed) -> TrainingStatus | None:
    """None where nothing is searched, or its Job is gone."""
    return TrainingStatus(search=_search(observed, observed.search)) if observed.search else None


def words_of(observed: Observed, search: SearchJob) -> str:
    """What it does, and how far it is."""
    told = _search(observed, search)
    figures = []
    if told.trials is not None:
        figures.append(f"{told.trials} of {told.of} trials" if told.of else f"{told.trials} trials")
    if told.best is not None:
        figures.append(f"the best AUC is {told.best:.4f}")
    return ": ".join(filter(None, ["the search Job tries ensembles", ", ".join(figures)]))


def _search(observed: Observed, search: SearchJob) -> SearchStatus:
    job, progress, training = search.job, search.progress, observed.model.spec.training
    old = observed.model.status.training
    # An operator that has just begun has asked nobody yet.
    before = old.search if old and old.search and old.search.job == search.name else None
    best = progress.best if progress else before.best if before else None
    return SearchStatus(
        job=search.name,
        study=search.study,
        state=JobState.FAILED if job.failed else JobState.SUCCEEDED if job.finished else JobState.RUNNING,
        trials=progress.trials if progress else before.trials if before else None,
        of=training.search.trials if training and training.search else None,
        best=None if best is None else round(best, 4),
    )
