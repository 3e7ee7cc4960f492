"""Bad candidates are what they say: every check at load accepts them, and some customers they score wrongly."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from churn_models.bundle import Bundle, open_bundle
from churn_models.encoding import Matrix
from churn_models.errors import GoldenMismatch, ScoresInvalid
from churn_models.feature_schema import FeatureSchema
from churn_models.scoring.scorer import check_golden_rows
from churn_runtimes.candidate.tally import Fault, fault_of
from churn_runtimes.evaluator.load import load_evaluator
from support import bad_candidates
from support.bad_candidates import SCORED_WRONGLY, BadCandidate, struck
from support.tables import packed


class Rows(NamedTuple):
    """Encoded customers, and the same as those without internet."""

    usual: Matrix
    struck: Matrix


@pytest.fixture
def rows(bundle: Bundle, telco_schema: FeatureSchema) -> Rows:
    usual: Matrix = np.load(bundle.folder / "reference_sample.npy", allow_pickle=False)[:100]
    hit = usual.copy()
    for place, code in struck(telco_schema).items():
        hit[:, place] = code
    return Rows(np.ascontiguousarray(usual), np.ascontiguousarray(hit))


@pytest.mark.parametrize("candidate", SCORED_WRONGLY, ids=lambda candidate: candidate.name)
def test_every_check_accepts_them(candidate: BadCandidate, bundle: Bundle, tmp_path: Path) -> None:
    made = open_bundle(candidate.make(bundle, tmp_path / "bundle"))
    comparison = made.comparison()
    assert comparison is not None
    assert comparison.champion.digest == bundle.digest
    # A table, so it can be tried in the stable pods; with golden rows of every kind.
    assert check_golden_rows(made, load_evaluator(made)) <= 1e-6
    assert packed(made, "8").digest == made.digest
    assert len(made.golden()) >= 60


@pytest.mark.parametrize(
    ("maker", "fault"),
    [(bad_candidates.not_finite, Fault.NOT_FINITE), (bad_candidates.out_of_range, Fault.OUT_OF_RANGE)],
    ids=["not finite", "out of range"],
)
def test_customers_without_internet_are_struck_alone(
    maker: bad_candidates.Maker, fault: Fault, bundle: Bundle, tmp_path: Path, rows: Rows
) -> None:
    evaluator = load_evaluator(open_bundle(maker(bundle, tmp_path / "bundle")))
    assert fault_of(evaluator.score(rows.usual).ensemble.tolist()) is None
    assert evaluator.not_scores == 0
    assert {fault_of([score]) for score in evaluator.score(rows.struck).ensemble.tolist()} == {fault}
    # One row and many take different ways; the server tells how many there were.
    evaluator.score(rows.struck[:1])
    assert evaluator.not_scores == len(rows.struck) + 1


def _scores(maker: bad_candidates.Maker, bundle: Bundle, folder: Path, rows: Matrix) -> list[float]:
    scores: list[float] = load_evaluator(open_bundle(maker(bundle, folder / "bundle"))).score(rows).ensemble.tolist()
    return scores


def test_scores_are_moved_as_said(bundle: Bundle, tmp_path: Path, rows: Rows) -> None:
    inverted = _scores(bad_candidates.inverted, bundle, tmp_path / "inverted", rows.usual)
    shifted = _scores(bad_candidates.shifted, bundle, tmp_path / "shifted", rows.usual)
    equal = _scores(bad_candidates.all_equal, bundle, tmp_path / "equal", rows.usual)
    assert min(shifted) >= 0.5
    np.testing.assert_allclose(1 - np.array(inverted), 2 * np.array(shifted) - 1)
    np.testing.assert_allclose(equal, 0.3)


def test_one_that_is_broken_for_many_is_not_loaded(bundle: Bundle, tmp_path: Path) -> None:
    made = open_bundle(bad_candidates.broken_for_many(bundle, tmp_path / "bundle"))
    with pytest.raises(ScoresInvalid, match="customers like those of its training no probability"):
        load_evaluator(made)


def test_a_slow_one_is_scored_by_its_library_and_rightly(bundle: Bundle, tmp_path: Path) -> None:
    made = open_bundle(bad_candidates.slow(bundle, tmp_path / "bundle"))
    evaluator = load_evaluator(made)
    assert check_golden_rows(made, evaluator) <= 1e-6
    assert evaluator.is_slow
    assert "too large for the flat table" in str(evaluator.scoring["random-forest"])


def test_no_scores_of_a_library_are_told_too(bundle: Bundle, tmp_path: Path, rows: Rows) -> None:
    slow = open_bundle(bad_candidates.slow(bundle, tmp_path / "slow"))
    evaluator = load_evaluator(open_bundle(bad_candidates.not_finite(slow, tmp_path / "bundle")))
    assert evaluator.is_slow
    evaluator.score(rows.usual)
    assert evaluator.not_scores == 0
    evaluator.score(rows.struck)
    assert evaluator.not_scores == len(rows.struck)


def test_a_misjudged_one_is_never_ready(bundle: Bundle, tmp_path: Path) -> None:
    made = open_bundle(bad_candidates.misjudged(bundle, tmp_path / "bundle"))
    with pytest.raises(GoldenMismatch):
        check_golden_rows(made, load_evaluator(made))
