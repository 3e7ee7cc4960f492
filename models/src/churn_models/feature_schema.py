"""What a customer looks like: the ordered features, the target and the identity column.

Written by hand as schema.yaml, carried in the bundle as schema.json. Training validates against it;
training, serving and the drift sidecar encode by it (`encoding.py`).
"""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from churn_models.frozen_model import FrozenModel, YamlModel


class Range(FrozenModel):
    """A closed interval of numbers."""

    low: float
    high: float

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}")
        return self


class NumericFeature(FrozenModel):
    """A number; encoded as float32, missing as NaN."""

    kind: Literal["numeric"] = "numeric"
    name: str = Field(min_length=1)
    nullable: bool = False
    allowed: Range | None = None
    """What validation accepts; no bound when absent."""
    seen: Range | None = None
    """What training saw; set in the bundle, never by hand."""


class CategoricalFeature(FrozenModel):
    """One of a known set of words; encoded as its position, missing and unseen as NaN."""

    kind: Literal["categorical"] = "categorical"
    name: str = Field(min_length=1)
    nullable: bool = False
    categories: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _categories_differ(self) -> Self:
        if len(set(self.categories)) != len(self.categories):
            raise ValueError("a category is listed twice")
        return self


Feature = Annotated[NumericFeature | CategoricalFeature, Field(discriminator="kind")]


class Target(FrozenModel):
    """The column to predict: P(churn) is the probability of `positive`."""

    name: str = Field(min_length=1)
    positive: str
    negative: str

    @model_validator(mode="after")
    def _classes_differ(self) -> Self:
        if self.positive == self.negative:
            raise ValueError("positive and negative must differ")
        return self


class FeatureSchema(YamlModel):
    """The features in the order of the encoded matrix, and what is around them in a data set."""

    features: tuple[Feature, ...] = Field(min_length=1)
    target: Target
    identity: str | None = None
    """A column that names the customer: checked for duplicates, never a feature."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [*self.names, self.target.name, *([self.identity] if self.identity else [])]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"a column is named twice: {', '.join(twice)}")
        return self

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Feature names in the order of the encoded matrix."""
        return tuple(feature.name for feature in self.features)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column a data set must have: identity, features, target."""
        return (*([self.identity] if self.identity else []), *self.names, self.target.name)

    @property
    def categorical_positions(self) -> tuple[int, ...]:
        """Columns of the encoded matrix that hold ordinal codes."""
        return tuple(i for i, feature in enumerate(self.features) if isinstance(feature, CategoricalFeature))

    @property
    def numeric_positions(self) -> tuple[int, ...]:
        """Columns of the encoded matrix that hold measured numbers."""
        return tuple(i for i, feature in enumerate(self.features) if isinstance(feature, NumericFeature))
