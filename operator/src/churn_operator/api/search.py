"""spec.training.search: how the ensemble of the first version is searched for before it is trained."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.database import STORAGE_ADDRESS
from churn_operator.api.pod_options import Rule


class Sampler(StrEnum):
    """How a trial is chosen by those before it; the words of `search --sampler` that the training image can."""

    TPE = "tpe"
    CMAES = "cmaes"
    NSGA2 = "nsga2"
    RANDOM = "random"


class Search(ApiModel):
    """One search by an Indexed Job, whose pods share the trials by a PostgreSQL database."""

    rules: ClassVar[list[Rule]] = [
        (
            "self.trials >= self.workers",
            "more workers than trials: some would have nothing to try; lower workers, or raise trials",
        ),
        # The API server would compare a whole number with the whole part of a bound.
        ("self.hours >= 0.01", "hours must be at least 0.01: nothing can be tried in less"),
        (
            "!has(self.storage) || !self.storage.matches('^[a-z]+://[^/]*:[^/]*@')",
            "put the storage's password into a Secret and name it in training.credentialsSecret",
        ),
        (
            f"!has(self.storage) || self.storage.matches('{STORAGE_ADDRESS}')",
            "storage is postgresql://[user@]host[:port]/database, with sslmode and require_auth as its only options "
            "and without $",
        ),
    ]

    trials: int = Field(
        default=200,
        ge=1,
        le=100_000,
        description="How many trials are made by all workers together. Each fits an ensemble on five folds.",
    )
    workers: int = Field(
        default=2,
        ge=1,
        le=64,
        description="How many pods try at the same time, each with spec.training.resources. A pod that is killed loses "
        "the trial that it was at, and is started again.",
    )
    sampler: Sampler = Field(
        default=Sampler.TPE,
        description="How the next trial is chosen: tpe (Bayesian), cmaes (evolution strategy), nsga2 (genetic) or "
        "random.",
    )
    hours: float = Field(
        default=4.0,
        ge=0,
        le=168,
        description="How long a worker tries at most; what was tried until then is chosen from. The Job has "
        "spec.training.deadline beside it, for the start and for the choice.",
    )
    storage: Annotated[str, StringConstraints(max_length=1024)] | None = Field(
        default=None,
        description="Where the trials are kept: postgresql://host/database, in a schema churn_search of its own. "
        "Without it, in the database of spec.training.dataset. User and password are those of credentialsSecret.",
    )
