"""What became of a search: `gather` reads its Job, `search_watch` adds what its workers have told MLflow."""

from dataclasses import dataclass

from churn_models.search_progress import SearchProgress

from churn_operator.observe.training import TrainingJob


@dataclass(frozen=True)
class SearchJob:
    """The search of the present spec.training."""

    name: str
    study: str
    """Its name in the storage."""
    job: TrainingJob
    progress: SearchProgress | None = None
    """None: nobody has told, or nobody was asked yet."""
