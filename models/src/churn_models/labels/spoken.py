"""What is posted to the labels' process: outcomes of customers and, for sampled ones, predictions. Bounded batches."""

from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from churn_models.digest import Digest
from churn_models.frozen_model import FrozenModel
from churn_models.identity_key import identity_hash

LARGEST_BATCH = 5_000

_NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no text with one."""

Name = Annotated[str, Field(min_length=1, max_length=253, pattern=_NO_NUL)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Chance = Annotated[float, Field(ge=0, le=1)]


class _OfCustomer(FrozenModel):
    model: Name
    """The registered model's name."""
    identity: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    """As the model's identity column has it; it is hashed at once and never kept."""
    identity_hash: Hash | None = None
    """Or its hash (`churn_models.identity_key`)."""
    time: AwareDatetime

    @model_validator(mode="after")
    def _names_one_customer(self) -> Self:
        if (self.identity is None) == (self.identity_hash is None):
            raise ValueError("give either identity or identity_hash")
        return self

    @property
    def hashed(self) -> str:
        """The customer's hash."""
        return self.identity_hash or identity_hash(self.identity or "")


class Outcome(_OfCustomer):
    """That a customer left at `time`, or was still there."""

    label: bool
    """True: the customer left then."""
    treated: bool | None = None
    """True: a campaign acted upon the customer; False: the customer was left alone as its control."""


class Outcomes(FrozenModel):
    """The body of `POST /v1/outcomes`."""

    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1, max_length=LARGEST_BATCH)]


class Prediction(_OfCustomer):
    """What a version scored of a customer at `time`, whether it answered or scored beside the one that did."""

    digest: Digest
    version: Annotated[str, Field(min_length=1, max_length=64, pattern=_NO_NUL)]
    score: Chance
    previous_digest: Digest | None = None
    """Of the version before, where it scored the same row."""
    previous: Annotated[Chance | None, Field(alias="previous_score")] = None

    @model_validator(mode="after")
    def _previous_is_whole(self) -> Self:
        if (self.previous_digest is None) != (self.previous is None):
            raise ValueError("previous_digest and previous_score come together")
        return self


class Predictions(FrozenModel):
    """The body of `POST /v1/predictions`."""

    predictions: Annotated[tuple[Prediction, ...], Field(min_length=1, max_length=LARGEST_BATCH)]
