"""The AUC that scores promise, and an alarm when it falls by other customers."""

import numpy as np
import pytest
from churn_models.drift.row_counter import RowCounter
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.scores import expected_auc, judge_estimate
from scipy import stats
from support.drift_pods import Sidecar, Watch, world
from support.drift_rows import Rows

WORLD = world(numeric=1, categories=())


def _counted(rows: int, seed: int) -> RowCounter:
    counter = RowCounter(WORLD.schema, WORLD.reference)
    drawn = WORLD.rows(rows, seed)
    counter.add(drawn.matrix, {}, drawn.scores)
    return counter


def test_the_expected_auc_is_that_of_labels_drawn_by_the_scores() -> None:
    rng, drawn = np.random.default_rng(5), WORLD.rows(200_000, 8)
    promised = np.interp(drawn.scores, (0.0, 0.5, 1.0), (0.0, 0.4, 1.0))
    labels = rng.random(len(promised)) < promised
    truth = stats.mannwhitneyu(drawn.scores[labels], drawn.scores[~labels]).statistic
    counts = _counted(200_000, 8).counts().scores
    found = expected_auc(counts.bins, np.array(counts.calibrated_sums))
    assert found is not None
    assert found.value == pytest.approx(truth / labels.sum() / (~labels).sum(), abs=0.004)


def test_its_error_is_what_samples_show() -> None:
    found = []
    for seed in range(200):
        counts = _counted(500, 1000 + seed).counts().scores
        one = expected_auc(counts.bins, np.array(counts.calibrated_sums))
        assert one is not None
        found.append(one)
    assert np.mean([one.error for one in found]) == pytest.approx(np.std([one.value for one in found]), rel=0.15)


def test_scores_that_promise_nothing_have_no_auc() -> None:
    assert expected_auc((10, 10), np.array([0.0, 0.0])) is None
    assert expected_auc((0, 0), np.array([0.0, 0.0])) is None


def test_customers_who_are_harder_to_tell_apart_are_harm_by_estimate() -> None:
    watch, pods, rng = Watch(WORLD), {"a": Sidecar(WORLD, "1")}, np.random.default_rng(6)
    for seed in range(2):
        rows = WORLD.rows(1000, seed)
        watch.window(pods, {"a": Rows(rows.matrix, rng.beta(8, 20, 1000))})
    assert watch.failing == {Signal.SCORE, Signal.ESTIMATE}
    state = watch.evidence.of(Signal.ESTIMATE)
    assert "less than in training" in state.message
    assert state.figures["auc"] < state.figures["trained"] - 0.02


FEW = {
    "thirty customers again and again": (30, set(), "at least 50 are needed"),
    "as many as there are rows": (1_000, {Signal.INPUT, Signal.SCORE, Signal.ESTIMATE}, "less than in training"),
}


@pytest.mark.parametrize(("customers", "alarms", "words"), FEW.values(), ids=FEW)
def test_few_customers_who_come_again_and_again_are_no_evidence(
    customers: int, alarms: set[Signal], words: str
) -> None:
    watch, pods, rng = Watch(WORLD), {"a": Sidecar(WORLD, "1")}, np.random.default_rng(6)
    known, scores = WORLD.rows(customers, 1).matrix + np.float32(9), rng.beta(8, 20, customers)
    for _ in range(3):
        asked = rng.integers(customers, size=1_000) if customers < 1_000 else np.arange(1_000)
        watch.window(pods, {"a": Rows(known[asked], scores[asked])})
    assert watch.failing == alarms
    assert words in watch.evidence.of(Signal.ESTIMATE).message


def test_repeated_rows_are_less_evidence() -> None:
    counts = _counted(1_000, 3).counts().scores
    alone, repeated = (judge_estimate(WORLD.reference.scores, counts, different) for different in (1_000.0, 150.0))
    assert repeated.figures["error"] > 2 * alone.figures["error"]
    unknown = judge_estimate(WORLD.reference.scores, counts, None)
    assert unknown.figures["error"] == pytest.approx(alone.figures["error"])
