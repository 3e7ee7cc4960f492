"""The champion's bundle from MLflow, for the comparison with its challenger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import EVALUATION
from churn_models.errors import BundleError, RegistryError, VersionNotFound
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema
from churn_models.names import CHAMPION
from churn_models.registry import ModelReference, Registry
from numpy.typing import NDArray
from pydantic import ValidationError

from churn_training.asked_by import AskedBy
from churn_training.errors import ChampionUnavailable, ChampionUnusable
from churn_training.evaluate import Evaluation
from churn_training.judgement_keys import judgement_keys, positions_below
from churn_training.progress import say
from churn_training.split import SplitBy, SplitRule
from churn_training.training_data import TrainingData

_NO_COMPARISON = "there is no comparison with the champion of"


@dataclass(frozen=True)
class Champion:
    """The version behind the alias, and its verified bundle."""

    version: str
    bundle: Bundle

    def read(self) -> None:
        """Read what the comparison needs of it. Raises ValidationError for files of another version of ChurnServe."""
        self.split()
        self.bundle.schema()
        self.bundle.reference()

    def evaluation(self) -> Evaluation:
        """What the rows that judged it said."""
        return Evaluation.model_validate_json((self.bundle.folder / EVALUATION).read_bytes())

    def split(self) -> SplitRule:
        """Which rows it was fitted on."""
        return self.evaluation().split

    def may_have_fitted(self, data: TrainingData, rows: pd.DataFrame) -> NDArray[np.bool_]:
        """Whether it may have been fitted on each row; `rows` are those of `data` as validated.

        It was split by the columns of its own schema. Where those are not the same here, nobody can tell, and it may
        have been fitted on all.
        """
        rule, schema = self.split(), self.bundle.schema()
        if rule.by is SplitBy.CONTENT:
            if _has_content_of(schema, data.schema):
                return ~positions_below(judgement_keys(schema, rows), rule.holdout)
        elif _split_column(rule, schema) == _split_column(rule, data.schema) and self._counts_time_as(
            rows, schema.time
        ):
            return rule.fitted(data)
        return np.ones(len(rows), dtype=bool)

    def _counts_time_as(self, rows: pd.DataFrame, time: str | None) -> bool:
        """Whether the moments of both are dates, or those of both are numbers."""
        first = self.bundle.manifest.dataset.data_from
        if time is None or first is None:
            return True
        return isinstance(rows[time].dtype, pd.DatetimeTZDtype) == ("T" in first)


@contextmanager
def fetched_champion(tracking_uri: str | None, name: str, asked_by: AskedBy) -> Iterator[Champion | None]:
    """The champion of a registered model, on disk as long as the context lasts; None where there is none.

    Where MLflow does not give it, or its bundle must not be used (an older format), a person is told and trains
    without it; for anybody else this raises ChampionUnavailable, of the second kind ChampionUnusable.
    """
    if tracking_uri is None:
        yield None
        return
    with TemporaryDirectory(prefix="champion-") as folder:
        try:
            champion = _fetch(tracking_uri, name, Path(folder))
        except ChampionUnavailable as error:
            if asked_by is not AskedBy.PERSON:
                raise type(error)(f"{error}. {_remedy(error, asked_by)}") from error
            champion = None
            say(f"  {error}")
        yield champion


def _fetch(tracking_uri: str, name: str, folder: Path) -> Champion | None:
    try:
        with Registry(tracking_uri) as registry:
            version = registry.resolve(ModelReference(name, alias=CHAMPION))
            champion = Champion(version.version, registry.fetch(version, folder / "bundle"))
            champion.read()
            return champion
    except VersionNotFound:
        return None
    except RegistryError as error:
        raise ChampionUnavailable(f"{_NO_COMPARISON} {name}: {error}") from error
    except (BundleError, ValidationError) as error:
        raise ChampionUnusable(f"{_NO_COMPARISON} {name}: {error}") from error


def _remedy(error: ChampionUnavailable, asked_by: AskedBy) -> str:
    if not isinstance(error, ChampionUnusable):
        return "It is compared once MLflow gives it; try again then"
    return (
        f"A training asked by {asked_by} never goes without the comparison, and another attempt would end the same: "
        "train once yourself (without --asked-by and CHURN_ASKED_BY), which goes without it, and promote that version"
    )


def _split_column(rule: SplitRule, schema: FeatureSchema) -> str | None:
    return schema.time if rule.by is SplitBy.TIME else schema.identity


def _has_content_of(before: FeatureSchema, now: FeatureSchema) -> bool:
    """Whether every feature of before is there, with the same words and perhaps some more."""
    features = {feature.name: feature for feature in now.features}
    return all(_keeps(feature, features.get(feature.name)) for feature in before.features)


def _keeps(before: Feature, now: Feature | None) -> bool:
    if isinstance(before, CategoricalFeature):
        return isinstance(now, CategoricalFeature) and set(before.categories) <= set(now.categories)
    return now is not None and now.kind == before.kind
