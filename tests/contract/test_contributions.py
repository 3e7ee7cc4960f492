"""Contributions against the libraries' own: every kind of member at the shipped size, every combine rule."""

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.combine import CombineRule, Scores, log_odds
from churn_models.derive import program_of
from churn_models.encoding import Matrix
from churn_models.member_kind import MemberKind
from churn_runtimes.evaluator.explain_member import NotExplained
from churn_runtimes.evaluator.gate_rows import random_rows
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.evaluator.pack import PACKERS
from churn_training.datasets import Dataset
from support.figures import record
from support.large_ensemble import LargeEnsemble
from support.library_contributions import Explain, exact_xgboost, explain_by_library, library_contributions

ROWS = 20
FEATURES = 19


@pytest.fixture(scope="module")
def large(bundle: Bundle, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> LargeEnsemble:
    return LargeEnsemble.fit(bundle, dataset, tmp_path_factory.mktemp("large"))


def _rows(bundle: Bundle) -> Matrix:
    return random_rows(np.random.default_rng(3), bundle.schema(), ROWS)


def test_members_contributions_are_those_of_their_libraries(large: LargeEnsemble) -> None:
    evaluator, rows = large.evaluator(CombineRule.MEAN), _rows(large.bundle)
    ours = {kind: evaluator.explain(kind, rows) for kind in large.members}
    differences = {kind: _difference(ours[kind], _exact(large, kind), rows) for kind in MemberKind}
    figure = record("contributions_max_diff", max(differences.values()), "log-odds", "<= 1e-6")
    assert figure.holds, differences
    # XGBoost's own call adds in single precision: what it differs by is its own rounding.
    own = explain_by_library(large.bundle, MemberKind.XGBOOST, large.members[MemberKind.XGBOOST].model)
    figure = record(
        "contributions_diff_of_xgboost_single", _difference(ours[MemberKind.XGBOOST], own, rows), "log-odds", "<= 1e-5"
    )
    assert figure.holds


def _exact(large: LargeEnsemble, kind: MemberKind) -> Explain:
    model = large.members[kind].model
    return exact_xgboost(model) if kind is MemberKind.XGBOOST else explain_by_library(large.bundle, kind, model)


def _difference(ours: Scores, expected: Explain, rows: Matrix) -> float:
    return float(np.abs(ours - expected(rows)).max())


@pytest.mark.parametrize("rule", [CombineRule.MEAN, CombineRule.WEIGHTED, CombineRule.STACK])
def test_the_ensembles_contributions_sum_to_its_answer(rule: CombineRule, large: LargeEnsemble) -> None:
    evaluator, rows = large.evaluator(rule), _rows(large.bundle)
    scores, _ = evaluator.evaluate(rows)
    answered = log_odds(scores) if rule is CombineRule.STACK else scores
    contributions = evaluator.explain_ensemble(rows)
    assert contributions.shape == (ROWS, FEATURES + 1)
    worst = float(np.abs(contributions.sum(axis=1) - answered).max())
    figure = record(
        f"contributions_additivity_{rule}", worst, "log-odds" if rule == "stack" else "probability", "<= 1e-6"
    )
    assert figure.holds


def test_a_vote_has_members_contributions_alone_and_they_sum_to_the_members_scores(large: LargeEnsemble) -> None:
    evaluator, rows = large.evaluator(CombineRule.VOTE), _rows(large.bundle)
    assert evaluator.explained == list(large.members)
    with pytest.raises(NotExplained, match="a vote is a step"):
        evaluator.explain_ensemble(rows)
    _, scores = evaluator.evaluate(rows)
    differences = {}
    for place, kind in enumerate(large.members):
        sums = evaluator.explain(kind, rows).sum(axis=1)
        found = sums if kind == MemberKind.RANDOM_FOREST else 1 / (1 + np.exp(-sums))
        differences[kind] = float(np.abs(found - scores[:, place]).max())
    figure = record("contributions_additivity_vote", max(differences.values()), "members' probability", "<= 1e-6")
    assert figure.holds, differences


@pytest.mark.parametrize("which", ["bundle", "derived_bundle"])
def test_a_served_bundles_contributions_are_those_of_its_libraries(which: str, request: pytest.FixtureRequest) -> None:
    bundle: Bundle = request.getfixturevalue(which)
    evaluator, rows = load_evaluator(bundle), _rows(bundle)
    assert evaluator.explained == [None, *evaluator.members]
    wide = program_of(bundle.schema()).derive(rows)
    for name, expected in library_contributions(bundle).items():
        np.testing.assert_allclose(evaluator.explain(name, rows), expected(wide), rtol=0, atol=1e-6)


@pytest.mark.parametrize("which", ["bundle", "derived_bundle"])
def test_one_row_is_explained_as_among_many(which: str, request: pytest.FixtureRequest) -> None:
    bundle: Bundle = request.getfixturevalue(which)
    evaluator, rows = load_evaluator(bundle), _rows(bundle)
    together = evaluator.explain_ensemble(rows)
    for row in range(0, ROWS, 3):
        np.testing.assert_array_equal(evaluator.explain_ensemble(rows[row : row + 1])[0], together[row])


def test_a_member_that_is_not_packed_has_no_contributions(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKERS, MemberKind.LIGHTGBM, lambda _: 1 / 0)
    evaluator, rows = load_evaluator(bundle), _rows(bundle)
    assert evaluator.explain("xgboost", rows).shape[0] == ROWS
    assert evaluator.explained == [name for name in evaluator.members if name != "lightgbm"]
    told = "member lightgbm are not available here: not packable: ZeroDivision"
    with pytest.raises(NotExplained, match=told):
        evaluator.explain("lightgbm", rows)
    with pytest.raises(NotExplained, match=told):
        evaluator.explain_ensemble(rows)
