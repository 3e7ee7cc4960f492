"""What is proposed from types, under names that nobody has."""

import numpy as np
import pytest
from churn_models.feature_schema import FeatureSchema
from churn_training.search.features.propose import MOST, propose

AROUND = {"target": {"name": "churn", "positive": "yes", "negative": "no"}, "identity": "id"}


def _schema(numbers: list[str], categories: dict[str, list[str]], derived: list[dict[str, object]]) -> FeatureSchema:
    features = [{"kind": "numeric", "name": name} for name in numbers]
    words = [{"kind": "categorical", "name": name, "categories": each} for name, each in categories.items()]
    return FeatureSchema.model_validate({**AROUND, "features": [*features, *words, *derived]})


def _row(schema: FeatureSchema, **values: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return np.array([[values.get(name, 1.0) for name in schema.names]], dtype=np.float32)


@pytest.mark.parametrize(
    ("schema", "zero", "names"),
    [
        pytest.param(
            _schema(["paid", "months"], {}, []),
            {"months": 0.0},
            ["months_per_paid", "paid_less_months", "log_paid", "log_months"],
            id="numbers: never divided by the one that is 0",
        ),
        pytest.param(
            _schema(["paid"], {"plan": ["a", "b"]}, []),
            {},
            ["paid_above_usual_by_plan", "log_paid"],
            id="a number in its group",
        ),
        pytest.param(
            _schema([], {"tv": ["Yes", "No"], "phone": ["Yes", "No"], "backup": ["Yes", "Off"]}, []),
            {},
            ["count_of_Yes"],
            id="a category that three features have",
        ),
        pytest.param(
            _schema(["paid", "log_paid"], {}, [{"kind": "derived", "step": "log", "name": "mine", "of": "log_paid"}]),
            {},
            ["paid_per_log_paid", "paid_less_log_paid"],
            id="neither a name that is taken nor what is there",
        ),
    ],
)
def test_proposals(schema: FeatureSchema, zero: dict[str, float], names: list[str]) -> None:
    found = propose(schema, _row(schema, **zero))
    assert [proposal.name for proposal in found] == names
    for proposal in found:
        changed = schema.with_features([*schema.features, *schema.derived, *proposal.steps])
        assert changed.scored_names[-1] == proposal.name
        assert proposal.words


def test_there_is_an_end_to_proposals() -> None:
    schema = _schema([f"x{number}" for number in range(40)], {}, [])
    assert len(propose(schema, _row(schema))) == MOST
