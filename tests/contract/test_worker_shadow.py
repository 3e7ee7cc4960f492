"""Another version beside a worker of the stream: it scores its share of the batches, and answers none."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.traffic import State, Traffic
from churn_operator.decide.paired_evidence import paired_evidence
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.seen import seen_by
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.stream.shadow import Shadow, shadow_beside
from support.tables import fooled, offer

BATCHES, ROWS = 200, 32


@pytest.fixture(scope="module")
def batches(bundle: Bundle) -> list[Matrix]:
    sample: Matrix = np.load(bundle.folder / "reference_sample.npy", allow_pickle=False)
    return [np.ascontiguousarray(sample[np.arange(first, first + ROWS) % len(sample)]) for first in range(BATCHES)]


def _hears(own: PackedTable, bundle: Bundle, other: PackedTable, asked: dict[str, Any]) -> Shadow:
    shadow = Shadow(own, bundle, lambda _: other.content)
    shadow.hear(Traffic(generation=1, tables=(offer(other, "one"),), candidate=other.sha256, **asked))
    return shadow


@pytest.mark.parametrize(
    ("asked", "share"),
    [
        pytest.param({"weight": 25}, 0.25, id="a canary's weight is a share to score"),
        pytest.param({"weight": 5, "sample": 100}, 1.0, id="pairs are scarce"),
        pytest.param({"sample": 25, "previous": True}, 0.25, id="probation"),
        pytest.param({"weight": 100, "previous": True}, 1.0, id="a rollback"),
    ],
)
def test_it_scores_its_share_and_answers_nothing(
    own: PackedTable, other: PackedTable, bundle: Bundle, batches: list[Matrix], asked: dict[str, Any], share: float
) -> None:
    shadow = _hears(own, bundle, other, asked)
    for batch in batches:
        found, alone = shadow.score(batch), own.evaluator.score(batch)
        assert np.array_equal(found.ensemble, alone.ensemble)
        assert all(np.array_equal(found.members[name], alone.members[name]) for name in alone.members)
    state = State(instance="one", model="telco", version="7", digest=own.digest, **seen_by("telco", shadow.follower))
    evidence = paired_evidence([state], own.digest, other.digest)
    assert evidence.judged.requests == pytest.approx(share * BATCHES, abs=2)
    assert evidence.pairs == evidence.judged.requests * ROWS
    assert (state.in_force and state.in_force.weight) == 0


def test_the_version_before_answers_nothing_even_where_the_own_one_is_wrong(
    own: PackedTable, other: PackedTable, bundle: Bundle, batches: list[Matrix]
) -> None:
    spoilt = fooled(own, bundle, float("nan"))
    shadow = _hears(replace(spoilt, digest=own.digest), bundle, other, {"weight": 100, "previous": True})
    assert all(np.isnan(shadow.score(batch).ensemble).any() for batch in batches[:20])


def test_nothing_is_tried_beside_what_a_library_scores(bundle: Bundle) -> None:
    evaluator = load_evaluator(bundle)
    assert shadow_beside(bundle, "7", evaluator)
    assert shadow_beside(bundle, "7", replace(evaluator, arrays=None)) is None
