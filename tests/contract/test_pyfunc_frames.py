"""A file read by pd.read_csv with its defaults scores as training did, or is refused with the remedy (case 23)."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.errors import EncodingError, OutputUnknown
from churn_models.feature_schema import CategoricalFeature, FeatureSchema, Target
from churn_models.numeric_feature import NumericFeature
from churn_models.outputs import CALIBRATED, DECISION
from churn_training.datasets import Dataset
from churn_training.pyfunc_model import ChurnEnsemble, check_what_pandas_read
from churn_training.train import train

COVER = ("None", "Basic", "Full")
BRANCH = ("01", "02", "10")
Model = Callable[[FeatureSchema], ChurnEnsemble]


def _schema(branch: tuple[str, ...] = BRANCH, nullable: bool = False) -> FeatureSchema:
    return FeatureSchema(
        features=(
            CategoricalFeature(name="cover", categories=COVER, nullable=nullable),
            CategoricalFeature(name="branch", categories=branch),
            CategoricalFeature(name="paperless", categories=("False", "True")),
            NumericFeature(name="months"),
        ),
        target=Target(name="churned", positive=("yes",), negative=("no",)),
    )


def _file(branch: tuple[str, ...] = BRANCH, rows: int = 240) -> str:
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "cover": random.choice(COVER, rows),
            "branch": random.choice(branch, rows),
            "paperless": random.choice(["False", "True"], rows),
            "months": random.integers(1, 60, rows),
        }
    )
    odds = (table["cover"] == "None") * 0.5 + (table["branch"] == "01") * 0.2
    table["churned"] = np.where(random.random(rows) < 0.15 + odds, "yes", "no")
    return str(table.to_csv(index=False))


def _as_written(file: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(file), dtype=str, keep_default_na=False)


@pytest.fixture
def model(spec: EnsembleSpec, tmp_path: Path) -> Model:
    """Of a schema, trained on the file as it is written."""

    def trained(schema: FeatureSchema) -> ChurnEnsemble:
        branch = schema.features[1]
        assert isinstance(branch, CategoricalFeature)
        dataset = Dataset("file", _as_written(_file(branch.categories)))
        bundle = train(spec, schema, dataset, seed=0, output=tmp_path).bundle
        loaded = ChurnEnsemble()
        loaded.load_context(SimpleNamespace(artifacts={"bundle": str(bundle.folder)}))
        return loaded

    return trained


@pytest.mark.case("23-pyfunc-on-read_csv")
def test_read_by_pandas_defaults_it_scores_as_training_did(model: Model) -> None:
    frame = pd.read_csv(StringIO(_file()))
    assert frame["cover"].isna().any() and frame["branch"].dtype == np.int64 and frame["paperless"].dtype == bool
    loaded = model(_schema())
    np.testing.assert_array_equal(loaded.predict(None, frame), loaded.predict(None, _as_written(_file())))


@pytest.mark.case("23-pyfunc-on-read_csv")
def test_what_pandas_has_lost_is_refused_with_the_remedy(model: Model) -> None:
    frame = pd.read_csv(StringIO(_file()))
    with pytest.raises(EncodingError, match="column cover: gaps that may have been None; read the file with"):
        model(_schema(nullable=True)).predict(None, frame)


@pytest.mark.case("23-pyfunc-on-read_csv")
def test_a_number_that_two_categories_spell_is_refused(model: Model) -> None:
    branch = ("01", "1", "10")
    loaded = model(_schema(branch))
    with pytest.raises(EncodingError, match="column branch: numbers that 01 and 1 both are"):
        loaded.predict(None, pd.read_csv(StringIO(_file(branch))))
    assert len(loaded.predict(None, _as_written(_file(branch)))) == 240


@pytest.mark.case("23-pyfunc-on-read_csv")
@pytest.mark.parametrize("mixed", [[1, "01"], ["01", 1.0, None]])
def test_a_number_beside_texts_that_two_categories_spell_is_refused(mixed: list[Any]) -> None:
    with pytest.raises(EncodingError, match="column branch: numbers that 01 and 1 both are"):
        check_what_pandas_read(_schema(("01", "1")), {"branch": np.array(mixed, dtype=object)})
    check_what_pandas_read(_schema(("01", "1")), {"branch": np.array(["1", "01", None], dtype=object)})


@pytest.mark.case("23-pyfunc-on-read_csv")
def test_words_that_are_no_category_are_warned_of(model: Model) -> None:
    frame = _as_written(_file())
    frame.loc[:2, "cover"] = "Gold"
    with pytest.warns(UserWarning, match="column cover: 3 values are no category"):
        model(_schema()).predict(None, frame)


def test_outputs_are_asked_for_by_a_parameter(model: Model) -> None:
    file = _as_written(_file())
    scored = model(_schema())
    frame = scored.predict(None, file, {"outputs": [DECISION, CALIBRATED]})
    assert isinstance(frame, pd.DataFrame)
    assert list(frame) == [DECISION, CALIBRATED]
    assert frame[DECISION].to_list() == (np.asarray(scored.predict(None, file)) >= 0.5).tolist()
    with pytest.raises(OutputUnknown, match="no such output: nonsense"):
        scored.predict(None, file, {"outputs": ["nonsense"]})
