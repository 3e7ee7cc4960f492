"""A new study begins with each member alone, by settings that the space holds, and with what was written."""

from typing import Any

import pytest
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.member_kind import MemberKind
from churn_training.learners.registry import check_members
from churn_training.search.first_trials import first_trials
from churn_training.search.known_settings import KNOWN
from churn_training.search.space import space_of
from churn_training.search.usual_space import USUAL


def _spec(members: list[dict[str, Any]], search: dict[str, Any] | None = None) -> EnsembleSpec:
    return EnsembleSpec.model_validate({"name": "mine", "combine": "mean", "members": members, "search": search or {}})


EVERYBODY = _spec([{"name": f"my-{kind}", "kind": kind} for kind in MemberKind])


def test_every_kind_is_tried_alone_with_all_of_its_usual_parameters() -> None:
    space = space_of(EVERYBODY)
    kinds = len(MemberKind)
    trials = first_trials(space)
    # One setting of each kind first, so that a search of a minute finishes something.
    written, alone = trials[kinds], trials[:kinds] + trials[kinds + 1 :]
    assert space.ensemble(written).members == EVERYBODY.members
    found = [space.ensemble(values).members for values in alone]
    assert {len(members) for members in found} == {1}
    check_members(EVERYBODY.model_copy(update={"members": tuple(members[0] for members in found)}))
    assert [members[0].kind for members in found[:kinds]] == list(MemberKind)
    for kind in MemberKind:
        mine = [members[0].parameters for members in found if members[0].kind is kind]
        assert mine == list(KNOWN[kind])


@pytest.mark.parametrize("kind", MemberKind)
def test_known_settings_are_inside_the_usual_space(kind: MemberKind) -> None:
    for known in KNOWN[kind]:
        assert known.keys() <= USUAL[kind].keys()
        for name, value in known.items():
            space = USUAL[kind][name]
            assert not isinstance(space, tuple)
            assert isinstance(value, int | float)
            assert space.low <= value <= space.high
            assert not space.is_whole or isinstance(value, int)


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "under the name that is written": (
        {"name": "b", "kind": "xgboost", "parameters": {"eta": 0.1}},
        {},
        {"b:eta": 0.04},
    ),
    "not outside of what may be tried": (
        {"name": "b", "kind": "xgboost"},
        {"members": {"b": {"max_depth": [2, 3], "learning_rate": {"low": 0.1, "high": 0.2}}}},
        {"b:max_depth": 3},
    ),
    "never a bag": ({"name": "b", "kind": "xgboost"}, {"bags": [1, 5]}, {"bag.b": 1}),
}


@pytest.mark.parametrize(("member", "search", "expected"), CASES.values(), ids=CASES)
def test_known_settings_keep_to_the_space(
    member: dict[str, Any], search: dict[str, Any], expected: dict[str, Any]
) -> None:
    first = first_trials(space_of(_spec([member], search)))[0]
    assert expected.items() <= first.items()
    assert "b:learning_rate" not in first or (not member.get("parameters") and not search.get("members"))
