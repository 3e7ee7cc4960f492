"""What to train: the members with their settings, how they combine, and what the result must reach.

Written by hand as ensemble.yaml beside schema.yaml in a folder of models/.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, JsonValue, ValidationError, model_validator

from churn_models.combine import CombineRule
from churn_models.errors import SpecError
from churn_models.feature_schema import FeatureSchema
from churn_models.frozen_model import FrozenModel, YamlModel, describe
from churn_models.member_kind import MemberKind
from churn_models.search_space import SearchSpec

NAME_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"

USUAL_THRESHOLD = 0.5
"""Of P(churn), where nothing says another."""

_FILES = ("ensemble.yaml", "schema.yaml")


class RowShare(FrozenModel):
    """A share of the rows to fit on: members that are alike but for their `draw` are a bag."""

    share: float = Field(default=0.8, gt=0, lt=1)
    draw: int = Field(ge=1)


class MemberSpec(FrozenModel):
    """One learner: `parameters` go to the library's own constructor under its own names."""

    name: str = Field(pattern=NAME_PATTERN)
    kind: MemberKind
    weight: float = Field(default=1.0, gt=0)
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    rows: RowShare | None = None
    """All rows where there is none."""


class Gate(FrozenModel):
    """What the holdout must show before a bundle is registered; each bound is optional."""

    min_auc: float | None = Field(default=None, ge=0, le=1)
    min_accuracy: float | None = Field(default=None, ge=0, le=1)
    min_lift: float | None = Field(default=None, ge=0)
    max_log_loss: float | None = Field(default=None, ge=0)
    max_brier: float | None = Field(default=None, ge=0, le=1)
    max_calibration_error: float | None = Field(default=None, ge=0, le=1)
    margin: float = Field(default=0.005, ge=0, le=1)
    """How much AUC the ensemble may lose to the champion, at worst; 0 where no person asked for the training."""


class Maximise(StrEnum):
    """What a threshold is chosen for."""

    F1 = "f1"  # the harmonic mean of precision and recall
    PROFIT = "profit"  # what acting on the chosen customers brings


class Threshold(FrozenModel):
    """From which P(churn) on the decision is churn: fixed, or what is best for out-of-fold scores."""

    at: float | None = Field(default=None, gt=0, lt=1)
    """Fixed; `threshold: 0.3` is short for it."""
    maximise: Maximise | None = None
    value: float = Field(default=0, ge=0)
    """For `profit`: what acting on a customer who would churn brings."""
    cost: float = Field(default=0, ge=0)
    """For `profit`: what acting on any customer costs."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.at is None) == (self.maximise is None):
            raise ValueError("either a number, or maximise: f1 or profit")
        if self.maximise is Maximise.PROFIT and not 0 < self.cost < self.value:
            raise ValueError("profit needs value: and cost:, the cost above 0 and below the value")
        if self.maximise is not Maximise.PROFIT and (self.value or self.cost):
            raise ValueError("value and cost are for maximise: profit alone")
        return self


def _as_threshold(value: Any) -> Any:
    return {"at": value} if isinstance(value, int | float) else value


def _as_search(value: Any) -> Any:
    """An empty section, which YAML reads as null."""
    return {} if value is None else value


class EnsembleSpec(YamlModel):
    """One ensemble: the registered model's name and how it is made."""

    name: str = Field(pattern=NAME_PATTERN)
    sample_data: str | None = None
    """The file of the data folder to train from when no data set is named."""
    combine: CombineRule
    members: tuple[MemberSpec, ...] = Field(min_length=1)
    holdout: float | None = Field(default=None, gt=0, lt=1)
    """The share of rows kept from every fit, for evaluation, gate and golden rows; None: the usual one."""
    threshold: Annotated[Threshold, BeforeValidator(_as_threshold)] = Threshold(at=USUAL_THRESHOLD)
    """P(churn) from which the decision is churn; accuracy is measured there."""
    gate: Gate = Gate()
    search: Annotated[SearchSpec, BeforeValidator(_as_search)] = SearchSpec()
    """What `search` may try; it has no part in a training."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [member.name for member in self.members]
        if len(set(names)) != len(names):
            raise ValueError("two members have the same name")
        return self

    @model_validator(mode="after")
    def _weights_are_used(self) -> Self:
        weighs = self.combine in (CombineRule.WEIGHTED, CombineRule.VOTE)
        if not weighs and any("weight" in member.model_fields_set for member in self.members):
            raise ValueError(f"combine: {self.combine} takes no weights; remove them or use weighted")
        return self

    @model_validator(mode="after")
    def _searched_members_exist(self) -> Self:
        if strangers := sorted(set(self.search.members) - {member.name for member in self.members}):
            raise ValueError(f"search: members: {', '.join(strangers)}: no member has this name")
        return self

    def renamed(self, name: str) -> Self:
        """The same ensemble under another registered model's name. Raises SpecError for a name that cannot be."""
        try:
            return type(self).model_validate(self.model_dump(exclude_unset=True) | {"name": name})
        except ValidationError as error:
            raise SpecError(describe(error)) from error


def load_ensemble(folder: Path) -> tuple[EnsembleSpec, FeatureSchema]:
    """Read ensemble.yaml and schema.yaml of one folder. Raises SpecError saying what is wrong where."""
    if missing := [name for name in _FILES if not (folder / name).is_file()]:
        found = f"holds no {' and no '.join(missing)}" if folder.is_dir() else "is not a folder"
        raise SpecError(
            f"{folder} {found}: an ensemble is a folder with {' and '.join(_FILES)}, on a cluster also "
            "a ConfigMap with a key for each (kubectl create configmap NAME --from-file FOLDER)"
        )
    ensemble, schema = (folder / name for name in _FILES)
    return EnsembleSpec.from_yaml(ensemble), FeatureSchema.from_yaml(schema)
