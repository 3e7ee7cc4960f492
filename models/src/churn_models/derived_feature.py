"""Features that are computed from others: what schema.yaml may ask for with `kind: derived`.

They belong to the model, not to the customer: nobody sends one, and no data set has one. `derive` computes them from
encoded rows wherever members are fitted or score. A value that cannot be computed is missing.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, FiniteFloat, model_validator

from churn_models.frozen_model import FrozenModel

MOST_DERIVED = 1024
"""What the compiled evaluator has room for."""


def as_list(value: Any) -> Any:
    """A value that stands alone, as a list of one."""
    return value if isinstance(value, list | tuple) else (value,)


Words = Annotated[tuple[str, ...], BeforeValidator(as_list)]
"""One word, or a list of words that mean the same."""


class _Derived(FrozenModel):
    kind: Literal["derived"] = "derived"
    name: str = Field(min_length=1)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numeric features that it is computed from."""
        return ()

    @property
    def words(self) -> tuple[str, ...]:
        """The categorical features that it is computed from."""
        return ()


class Ratio(_Derived):
    """The first divided by the second; missing where the second is 0."""

    step: Literal["ratio"] = "ratio"
    of: tuple[str, str]

    @property
    def numbers(self) -> tuple[str, ...]:  # noqa: D102  # as _Derived says
        return self.of


class Difference(_Derived):
    """The first less the second."""

    step: Literal["difference"] = "difference"
    of: tuple[str, str]

    @property
    def numbers(self) -> tuple[str, ...]:  # noqa: D102  # as _Derived says
        return self.of


class Log(_Derived):
    """The logarithm of 1 + |x| with the sign of x: defined for every number, and 0 stays 0."""

    step: Literal["log"] = "log"
    of: str

    @property
    def numbers(self) -> tuple[str, ...]:  # noqa: D102  # as _Derived says
        return (self.of,)


class Bins(_Derived):
    """How many of the edges the number has reached: 0 below the first one."""

    step: Literal["bins"] = "bins"
    of: str
    edges: tuple[FiniteFloat, ...] = Field(min_length=1, max_length=256)

    @model_validator(mode="after")
    def _edges_ascend(self) -> Self:
        if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("edges must ascend")
        return self

    @property
    def numbers(self) -> tuple[str, ...]:  # noqa: D102  # as _Derived says
        return (self.of,)


class Count(_Derived):
    """In how many of the features the customer has one of the categories; a missing one is not counted."""

    step: Literal["count"] = "count"
    of: tuple[str, ...] = Field(min_length=1)
    categories: Words = Field(min_length=1)

    @property
    def words(self) -> tuple[str, ...]:  # noqa: D102  # as _Derived says
        return self.of


class GroupMean(_Derived):
    """What the number was on average among the training rows of the customer's own category.

    The target has no part in it. Missing where the category is, or where no training row had both.
    """

    step: Literal["group_mean"] = "group_mean"
    of: str
    by: str
    means: tuple[FiniteFloat | None, ...] | None = None
    """By category; set in the bundle, never by hand."""

    @property
    def numbers(self) -> tuple[str, ...]:  # noqa: D102  # as _Derived says
        return (self.of,)

    @property
    def words(self) -> tuple[str, ...]:  # noqa: D102  # as _Derived says
        return (self.by,)


DerivedFeature = Annotated[Ratio | Difference | Log | Bins | Count | GroupMean, Field(discriminator="step")]
