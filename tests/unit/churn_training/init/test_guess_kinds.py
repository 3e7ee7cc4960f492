"""Bounds, names and YAML spelling: the small pure parts of init."""

import pytest
import yaml
from churn_models.numeric_feature import Range
from churn_training.init.guess_identity import names_somebody
from churn_training.init.guess_kinds import roomy_range
from churn_training.init.name_words import words_of
from churn_training.init.profile import Numbers
from churn_training.init.write_ensemble import ensemble_name
from churn_training.init.write_schema import scalar


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        pytest.param(18, 73, Range(low=0, high=1000), id="ages"),
        pytest.param(0, 0.999, Range(low=0, high=10), id="shares"),
        pytest.param(-3, 40, Range(low=-10, high=100), id="temperatures"),
        pytest.param(-9, -1, Range(low=-100, high=0), id="below zero"),
        pytest.param(0, 0, Range(low=0, high=0), id="nothing but zero"),
    ],
)
def test_the_range_leaves_room(low: float, high: float, expected: Range) -> None:
    assert roomy_range(Numbers(low, high, True)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("customerID", True),
        ("CLIENTNUM", True),
        ("RowNumber", True),
        ("id", True),
        ("user_uuid", True),
        ("Customer", True),
        ("paid", False),
        ("months", False),
        ("Customer Value", False),
        ("piano", False),
    ],
)
def test_names_that_name_somebody(name: str, expected: bool) -> None:
    assert names_somebody(name) is expected


def test_words_of_a_name() -> None:
    assert words_of("Attrition_Flag") == ("attrition", "flag")
    assert words_of("customerID") == ("customer", "id")


@pytest.mark.parametrize(
    "text", ["no", "Yes", "1", "1.5", "null", "a: b", "# x", "Call  Failure", " x", "a'b", 'a"b', "é"]
)
def test_every_text_is_read_back_as_itself(text: str) -> None:
    assert yaml.safe_load(f"name: {scalar(text)}") == {"name": text}


@pytest.mark.parametrize(("folder", "name"), [("My Bank_2", "my-bank-2"), ("mine", "mine"), ("…", "churn")])
def test_the_model_is_named_after_the_folder(folder: str, name: str) -> None:
    assert ensemble_name(folder) == name
