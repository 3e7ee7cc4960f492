"""From ensemble.yaml to what a trial may be, and from values to an ensemble that `train` takes."""

from typing import Any

import pytest
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.errors import SpecError
from churn_models.search_space import Span
from churn_training.search.space import space_of
from churn_training.search.usual_space import USUAL
from pydantic import ValidationError
from support.small_ensemble import small_spec

BOOSTED = {"name": "boosted", "kind": "xgboost"}
LINEAR = {"name": "linear", "kind": "logistic-regression"}
USUAL_VALUES = {"combine": "mean", "in.boosted": 1, "in.linear": 1, "weight.boosted": 0.4321, "weight.linear": 1.0}


def _written(**parts: Any) -> EnsembleSpec:
    return EnsembleSpec.model_validate({"name": "mine", "combine": "mean", "members": [BOOSTED, LINEAR], **parts})


def test_without_a_section_everything_usual_is_searched() -> None:
    written = small_spec()
    dimensions = space_of(written).dimensions
    for member in written.members:
        assert dimensions[f"in.{member.name}"] == Span(low=0, high=1)
        for name in USUAL[member.kind]:
            assert f"{member.name}:{name}" in dimensions
    assert dimensions["combine"] == ("mean", "weighted", "vote", "stack")


@pytest.mark.parametrize("empty", [pytest.param({}, id="braces"), pytest.param(None, id="nothing, which YAML reads")])
def test_an_empty_section_is_none(empty: dict[str, Any] | None) -> None:
    assert _written(search=empty) == _written()


@pytest.mark.parametrize(
    ("parameters", "said", "dimension", "expected"),
    [
        pytest.param({}, {"max_depth": [3, 4]}, "max_depth", (3, 4), id="what is said counts"),
        pytest.param({"eta": 0.1}, {}, "eta", Span(low=0.01, high=0.3, log=True), id="an alias is one parameter"),
        pytest.param({"eta": 0.1}, {}, "learning_rate", None, id="and is not there twice"),
        pytest.param({}, {"eta": [0.1]}, "learning_rate", None, id="nor where the section names it"),
        pytest.param({"max_depth": 12}, {}, "max_depth", Span(low=2, high=12), id="what is written is within"),
        pytest.param({"max_depth": None}, {}, "max_depth", None, id="what is no number stays as written"),
        pytest.param({"gamma": 1}, {}, "gamma", None, id="what is not usual stays as written"),
    ],
)
def test_a_parameter_has_the_space_that_was_meant(
    parameters: dict[str, Any], said: dict[str, Any], dimension: str, expected: object
) -> None:
    members = [{**BOOSTED, "parameters": parameters}, LINEAR]
    space = space_of(_written(members=members, search={"members": {"boosted": said}}))
    assert space.dimensions.get(f"boosted:{dimension}") == expected


@pytest.mark.parametrize(
    ("values", "rule", "members", "weights"),
    [
        pytest.param({}, "mean", ["boosted", "linear"], [1, 1], id="no weights where none are used"),
        pytest.param({"combine": "weighted"}, "weighted", ["boosted", "linear"], [0.432, 1], id="weights, in short"),
        pytest.param({"combine": "stack", "in.linear": 0}, "mean", ["boosted"], [1], id="one member joins with nobody"),
        pytest.param({"in.linear": 0, "in.boosted": 0}, "mean", ["linear"], [1], id="nobody taken: the heaviest"),
    ],
)
def test_values_mean_an_ensemble(values: dict[str, Any], rule: str, members: list[str], weights: list[float]) -> None:
    made = space_of(_written()).ensemble({**USUAL_VALUES, **values})
    assert made.combine == CombineRule(rule)
    assert [member.name for member in made.members] == members
    assert [member.weight for member in made.members] == weights


def test_values_replace_what_is_written_and_the_rest_stays() -> None:
    members = [{**BOOSTED, "parameters": {"max_depth": 3, "gamma": 1}}, LINEAR]
    made = space_of(_written(members=members, holdout=0.3)).ensemble({**USUAL_VALUES, "boosted:max_depth": 5})
    assert made.members[0].parameters == {"max_depth": 5, "gamma": 1}
    assert made.holdout == 0.3


def test_the_first_trial_is_what_is_written() -> None:
    written = _written(
        combine="weighted",
        members=[{**BOOSTED, "weight": 1, "parameters": {"max_depth": 3, "gamma": 1}}, {**LINEAR, "weight": 4}],
    )
    space = space_of(written)
    values = space.as_written()
    assert values["weight.boosted"] == 0.25
    assert "boosted:gamma" not in values
    made = space.ensemble(values)
    assert [member.parameters for member in made.members] == [member.parameters for member in written.members]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        pytest.param({"members": {"boosed": {}}}, "boosed: no member has this name", id="a member's name"),
        pytest.param({"members": {"boosted": {"max_depth": {"low": 3, "high": 3}}}}, "write \\[3\\]", id="one value"),
        pytest.param({"members": {"boosted": {"eta": {"low": 0, "high": 1, "log": True}}}}, "above 0", id="log of 0"),
        pytest.param({"members": {"boosted": {"max_depth": []}}}, "at least 1", id="no value"),
        pytest.param({"combine": ["meen"]}, "'mean', 'weighted', 'vote' or 'stack'", id="a rule"),
        pytest.param({"sampler": "tpe"}, "Extra inputs", id="a key"),
    ],
)
def test_a_wrong_section_is_refused_when_it_is_read(search: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        _written(search=search)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param({"max_dept": [3, 4]}, "did you mean max_depth", id="a parameter's name"),
        pytest.param({"n_estimators": {"low": 0, "high": 10}}, "at least 1", id="no tree"),
        pytest.param({"objective": ["binary:logistic", "rank:pairwise"]}, "no probability", id="the last choice"),
    ],
)
def test_a_space_that_no_learner_takes_is_refused_before_any_trial(said: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        space_of(_written(search={"members": {"boosted": said}}))


@pytest.mark.parametrize(
    ("values", "rule", "weights"),
    [
        pytest.param({"bag.boosted": 2}, "weighted", [0.5, 0.5, 1], id="a bag counts as one member"),
        pytest.param({"bag.boosted": 2, "bag.linear": 2}, "mean", [1, 1, 1, 1], id="all bags alike"),
        pytest.param({"bag.boosted": 2, "combine": "vote"}, "vote", [0.216, 0.216, 1], id="its weight is divided"),
        pytest.param({"bag.boosted": 2, "combine": "stack"}, "stack", [1, 1, 1], id="a stack finds its own"),
        pytest.param({"bag.boosted": 2, "in.linear": 0}, "mean", [1, 1], id="a bag alone"),
    ],
)
def test_a_bag_is_members_on_drawn_rows(values: dict[str, Any], rule: str, weights: list[float]) -> None:
    made = space_of(_written(search={"bags": [1, 2]})).ensemble({**USUAL_VALUES, **values})
    assert made.combine == CombineRule(rule)
    assert [member.weight for member in made.members] == weights
    boosted = [member for member in made.members if member.kind == "xgboost"]
    assert [(member.name, member.rows and member.rows.draw) for member in boosted] == [
        ("boosted-1", 1),
        ("boosted-2", 2),
    ]


def test_bags_are_searched_where_they_are_asked_for() -> None:
    assert "bag.boosted" not in space_of(_written()).dimensions
    assert space_of(_written(search={"bags": [1, 5]})).dimensions["bag.boosted"] == (1, 5)
    with pytest.raises(SpecError, match="would be named boosted-2 like a member"):
        space_of(_written(members=[BOOSTED, {**LINEAR, "name": "boosted-2"}], search={"bags": [1, 2]}))
