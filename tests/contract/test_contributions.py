"""Contributions against the libraries' own: every kind of member, every combine rule that is a sum."""

from pathlib import Path

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.combine import CombineRule, log_odds
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_runtimes.evaluator.explain_member import NotExplained
from churn_runtimes.evaluator.gate_rows import random_rows
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.evaluator.pack import PACKERS
from churn_training.datasets import Dataset
from churn_training.train import train
from support.figures import record
from support.library_contributions import library_contributions
from support.small_ensemble import small_spec

ROWS = 100


def _rows(bundle: Bundle) -> Matrix:
    return random_rows(np.random.default_rng(3), bundle.schema(), ROWS)


def test_members_contributions_are_those_of_their_libraries(bundle: Bundle) -> None:
    evaluator, rows = load_evaluator(bundle), _rows(bundle)
    differences = {
        name: float(np.abs(evaluator.explain(name, rows) - expected(rows)).max())
        for name, expected in library_contributions(bundle).items()
    }
    assert set(differences) == set(evaluator.members)
    figure = record("contributions_max_diff", max(differences.values()), "log-odds", "<= 1e-6")
    assert figure.holds, differences


def test_a_members_contributions_sum_to_its_score(bundle: Bundle) -> None:
    evaluator, rows = load_evaluator(bundle), _rows(bundle)
    _, scores = evaluator.evaluate(rows)
    for place, name in enumerate(evaluator.members):
        sums = evaluator.explain(name, rows).sum(axis=1)
        found = sums if name == MemberKind.RANDOM_FOREST else 1 / (1 + np.exp(-sums))
        np.testing.assert_allclose(found, scores[:, place], rtol=0, atol=1e-6)


@pytest.mark.parametrize("rule", [CombineRule.MEAN, CombineRule.WEIGHTED, CombineRule.STACK])
def test_the_ensembles_contributions_sum_to_its_answer(
    rule: CombineRule, telco_schema: FeatureSchema, dataset: Dataset, tmp_path: Path
) -> None:
    bundle = train(small_spec(rule), telco_schema, dataset, seed=0, output=tmp_path).bundle
    evaluator, rows = load_evaluator(bundle), _rows(bundle)
    scores, _ = evaluator.evaluate(rows)
    answered = log_odds(scores) if rule is CombineRule.STACK else scores
    contributions = evaluator.explain_ensemble(rows)
    assert contributions.shape == (ROWS, len(telco_schema.features) + 1)
    worst = float(np.abs(contributions.sum(axis=1) - answered).max())
    figure = record(
        f"contributions_additivity_{rule}", worst, "log-odds" if rule == "stack" else "probability", "<= 1e-6"
    )
    assert figure.holds


def test_a_vote_has_members_contributions_alone(telco_schema: FeatureSchema, dataset: Dataset, tmp_path: Path) -> None:
    bundle = train(small_spec(CombineRule.VOTE), telco_schema, dataset, seed=0, output=tmp_path).bundle
    evaluator, rows = load_evaluator(bundle), _rows(bundle)
    assert evaluator.explain("xgboost", rows).shape == (ROWS, len(telco_schema.features) + 1)
    with pytest.raises(NotExplained, match="a vote is a step"):
        evaluator.explain_ensemble(rows)


def test_one_row_is_explained_as_among_many(bundle: Bundle) -> None:
    evaluator, rows = load_evaluator(bundle), _rows(bundle)
    together = evaluator.explain_ensemble(rows)
    for row in range(0, ROWS, 9):
        np.testing.assert_array_equal(evaluator.explain_ensemble(rows[row : row + 1])[0], together[row])


def test_a_member_that_is_not_packed_has_no_contributions(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKERS, MemberKind.LIGHTGBM, lambda _: 1 / 0)
    evaluator, rows = load_evaluator(bundle), _rows(bundle)
    assert evaluator.explain("xgboost", rows).shape[0] == ROWS
    told = "member lightgbm are not available here: not packable: ZeroDivision"
    with pytest.raises(NotExplained, match=told):
        evaluator.explain("lightgbm", rows)
    with pytest.raises(NotExplained, match=told):
        evaluator.explain_ensemble(rows)
