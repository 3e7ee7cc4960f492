"""False alarms under the null and power of what the operator looks at again and again."""

import math

import numpy as np
import pytest
from churn_operator.decide.gates.sequential import LEVEL, is_against, log_evidence, margin

_LOOKS = np.unique(np.geomspace(20, 20_000, 150).astype(int))
_ROLLOUTS = 2_000


def _ever(rng: np.random.Generator, chance: float, null: float, level: float) -> float:
    """In which share of rollouts some look finds more hits than `null` says."""
    steps = np.diff(_LOOKS, prepend=0)
    hits = np.cumsum(rng.binomial(steps, chance, size=(_ROLLOUTS, len(_LOOKS))), axis=1)
    bar = -math.log(level)
    found = [
        any(log_evidence(null, int(hit), int(n - hit)) >= bar for hit, n in zip(row, _LOOKS, strict=True))
        for row in hits
    ]
    return float(np.mean(found))


@pytest.mark.parametrize(("null", "chance"), [(0.01, 0.01), (0.1, 0.1), (0.5, 0.5), (0.01, 0.002)])
def test_false_alarms_stay_below_their_level_however_often_one_looks(null: float, chance: float) -> None:
    found = _ever(np.random.default_rng(16), chance, null, 0.05)
    assert found <= 0.05


def test_a_bound_for_one_look_would_not_have_held() -> None:
    """The same looks by the usual one-sided test at 5 %: what the sequential one is for."""
    rng = np.random.default_rng(16)
    hits = np.cumsum(rng.binomial(np.diff(_LOOKS, prepend=0), 0.1, size=(_ROLLOUTS, len(_LOOKS))), axis=1)
    z = (hits - 0.1 * _LOOKS) / np.sqrt(0.09 * _LOOKS)
    assert (z > 1.645).any(axis=1).mean() > 0.2


@pytest.mark.parametrize(
    ("null", "hits", "misses"),
    [
        (0.01, 20, 0),
        (0.01, 20, 180),  # a pod's breaker opens there
        (0.01, 60, 1940),  # three times as many as allowed
        (0.5, 20, 0),
        (0.5, 40, 10),
        (0.0, 1, 10**6),
    ],
)
def test_what_chance_does_not_explain_is_found(null: float, hits: int, misses: int) -> None:
    assert is_against(null, hits, misses)


@pytest.mark.parametrize(
    ("null", "hits", "misses"),
    [(0.01, 0, 0), (0.01, 2, 18), (0.01, 12, 988), (0.5, 25, 20), (1.0, 10**6, 0), (0.0, 0, 10**9)],
)
def test_what_chance_may_bring_is_not(null: float, hits: int, misses: int) -> None:
    assert not is_against(null, hits, misses)


def test_faults_of_both_on_the_same_requests_are_no_evidence() -> None:
    assert log_evidence(0.5, 500, 500) < 0


def test_the_interval_holds_at_all_looks_at_once() -> None:
    rng = np.random.default_rng(16)
    steps = rng.exponential(size=(1_000, 20_000)).astype(np.float32)
    means = np.cumsum(steps, axis=1)[:, _LOOKS[_LOOKS >= 200] - 1] / _LOOKS[_LOOKS >= 200]
    reach = np.array([margin(int(n), 200) for n in _LOOKS[_LOOKS >= 200]])
    assert (np.abs(means - 1) > reach).any(axis=1).mean() <= 5 * LEVEL


def test_the_interval_narrows_as_fast_as_one_over_the_root_of_the_count() -> None:
    assert margin(200, 200) * math.sqrt(200) == pytest.approx(4.2, abs=0.1)
    assert margin(20_000, 200) < margin(200, 200) / 7
