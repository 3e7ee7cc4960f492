"""What a customer looks like: the ordered features, the target, and the identity, time and treated columns.

Written by hand as schema.yaml, carried in the bundle as schema.json. Training validates against it;
training, serving and the drift sidecar encode by it (`encoding.py`).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from churn_models.derived_faults import derived_faults
from churn_models.derived_feature import DerivedFeature, Words
from churn_models.duration import seconds_of
from churn_models.frozen_model import FrozenModel, YamlModel
from churn_models.numeric_feature import NumericFeature
from churn_models.spelling import MISSING_MARKERS, Vocabulary
from churn_models.stream_features.layout import MOST_FEATURES
from churn_models.stream_features.stream_feature import StreamFeature


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


Feature = NumericFeature | CategoricalFeature
"""What a customer has: a column of every data set and of every request. A stream feature is a numeric one."""
DeclaredFeature = Annotated[
    NumericFeature | CategoricalFeature | StreamFeature | DerivedFeature, Field(discriminator="kind")
]


class Target(FrozenModel):
    """The column to predict: P(churn) is the probability of `positive`.

    Each class is a word or a list of words (`negative: [Stayed, Joined]`); the first one stands for all.
    """

    name: str = Field(min_length=1)
    positive: Words = Field(min_length=1)
    negative: Words = Field(min_length=1)
    ignore: Words = ()
    """Words of customers that are neither: their rows are counted, told and left out of training. "" is a gap."""

    @model_validator(mode="after")
    def _words_differ(self) -> Self:
        words = [*self.positive, *self.negative, *self.ignore]
        if twice := sorted({word for word in words if words.count(word) > 1}):
            raise ValueError(f"positive, negative and ignore must differ: {', '.join(twice)}")
        return self

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """All words of the column, in the order positive, negative, ignore; a gap is none of them."""
        return Vocabulary((*self.positive, *self.negative, *self.ignore))


class CsvForm(FrozenModel):
    """How a text file is written, where what the reader finds out by itself is wrong."""

    encoding: str | None = None
    """Such as `utf-8`, `cp1252` or `utf-16`; found out by its first bytes and by whether it is UTF-8."""
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    """Between the fields: comma, semicolon, tab or `|` are found out."""
    decimal: Literal[".", ","] | None = None
    """Found out where the separator is no comma."""


class FeatureSchema(YamlModel):
    """The features in the order of the encoded matrix, and what is around them in a data set."""

    model_config = ConfigDict(serialize_by_alias=True)

    declared: tuple[DeclaredFeature, ...] = Field(alias="features", min_length=1)
    """What the document lists as features: those that customers have, and those that are derived from them."""
    target: Target
    identity: str | None = None
    """A column that names the customer: checked for duplicates, never a feature."""
    missing: tuple[str, ...] = MISSING_MARKERS
    """What stands where a value is missing, in any case; replaces the usual list. Blank is missing anyway.

    A category that is written like a marker is a category in its own column. Markers are text: a number of a source
    that has types (Parquet, JSON) is never one.
    """
    csv: CsvForm = CsvForm()
    """Needed only for a text file that the reader takes wrongly; says nothing of Parquet and PostgreSQL."""
    time: str | None = None
    """A column of dates or numbers that says when a row was seen: the newest rows judge the model; never a feature."""
    label_delay: float | str | None = None
    """How long after its time a row's class is known: `30d` (s, m, h, d, w), or a number where `time` holds numbers."""
    treated: str | None = None
    """A yes/no column: whether somebody acted upon the customer (a campaign); never a feature."""

    @field_validator("label_delay")
    @classmethod
    def _is_a_duration(cls, delay: float | str | None) -> float | str | None:
        if isinstance(delay, str):
            seconds_of(delay)
        if isinstance(delay, float) and not 0 <= delay < float("inf"):
            raise ValueError(f"{delay:g} is no duration; it must be 0 or more")
        return delay

    @model_validator(mode="after")
    def _delay_has_a_time(self) -> Self:
        if self.label_delay is not None and self.time is None:
            raise ValueError("label_delay needs a time column: name it with time:")
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [*self._around, *self.scored_names, self.target.name]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"a column is named twice: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _stream_has_customers(self) -> Self:
        if len(self.stream) > MOST_FEATURES:
            raise ValueError(f"{len(self.stream)} stream features, at most {MOST_FEATURES}")
        if self.stream and len(self.stream) == len(self.features):
            raise ValueError("features: at least one that does not come from the stream is needed")
        if self.stream and self.identity is None:
            raise ValueError("stream features need the column that names the customer: name it with identity:")
        return self

    @model_validator(mode="after")
    def _can_be_derived(self) -> Self:
        if not self.features:
            raise ValueError("features: at least one that customers have is needed")
        numbers = [feature.name for feature in self.features if isinstance(feature, NumericFeature)]
        categories = {
            feature.name: feature.categories for feature in self.features if isinstance(feature, CategoricalFeature)
        }
        if faults := derived_faults(numbers, categories, self.derived):
            raise ValueError("; ".join(faults))
        return self

    def with_features(self, declared: Sequence[DeclaredFeature]) -> Self:
        """The same schema with these features, checked. Raises ValidationError."""
        return type(self).model_validate(self.model_dump() | {"features": tuple(declared)})

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What customers have, in the order of the encoded matrix."""
        return tuple(one for one in self.declared if isinstance(one, NumericFeature | CategoricalFeature))

    @cached_property
    def stream(self) -> tuple[StreamFeature, ...]:
        """Those of the features that are computed from the customer's events, in their order."""
        return tuple(one for one in self.features if isinstance(one, StreamFeature))

    @cached_property
    def derived(self) -> tuple[DerivedFeature, ...]:
        """What `derive` computes from them: further columns, in this order, of the rows as members score them."""
        return tuple(one for one in self.declared if not isinstance(one, NumericFeature | CategoricalFeature))

    @cached_property
    def scored_names(self) -> tuple[str, ...]:
        """Names of the columns as members score them: the features, then the derived ones."""
        return (*self.names, *(one.name for one in self.derived))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Feature names in the order of the encoded matrix."""
        return tuple(feature.name for feature in self.features)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column a data set must have: identity, time, treated, features, target."""
        return (*self._around, *self.names, self.target.name)

    @property
    def delay(self) -> float:
        """`label_delay` in seconds, or in the unit of a `time` column of numbers; 0 where there is none."""
        return seconds_of(self.label_delay) if isinstance(self.label_delay, str) else float(self.label_delay or 0)

    @property
    def categorical_positions(self) -> tuple[int, ...]:
        """Columns of the encoded matrix that hold ordinal codes."""
        return tuple(i for i, feature in enumerate(self.features) if isinstance(feature, CategoricalFeature))

    @property
    def numeric_positions(self) -> tuple[int, ...]:
        """Columns of the rows as members score them that hold measured or derived numbers."""
        categorical = set(self.categorical_positions)
        return tuple(i for i in range(len(self.scored_names)) if i not in categorical)

    @cached_property
    def vocabularies(self) -> Mapping[str, Vocabulary]:
        """The words of each categorical feature and how they are recognised."""
        return {
            feature.name: Vocabulary(feature.categories, self.missing, feature.nullable)
            for feature in self.features
            if isinstance(feature, CategoricalFeature)
        }

    @cached_property
    def missing_markers(self) -> frozenset[str]:
        """The markers as `number_of` compares them."""
        return frozenset(marker.casefold() for marker in self.missing)

    @property
    def _around(self) -> tuple[str, ...]:
        return tuple(name for name in (self.identity, self.time, self.treated) if name is not None)
