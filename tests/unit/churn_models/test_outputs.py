"""Outputs by name, from scores and what training wrote beside the members."""

import numpy as np
import pytest
from churn_models.ensemble_scores import EnsembleScores
from churn_models.errors import OutputUnknown
from churn_models.outputs import CALIBRATED, DECISION, PROBABILITY, Outputs
from churn_models.reference import CalibrationMap

MAP = CalibrationMap(scores=(0.2, 0.6), observed=(0.1, 0.9))
SCORES = EnsembleScores(np.array([0.1, 0.4, 0.5, 0.7]), {"forest": np.array([0.0, 0.1, 0.2, 0.3])})
ALL = Outputs(["forest"], MAP, 0.5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(PROBABILITY, [0.1, 0.4, 0.5, 0.7], id="the ensemble's own"),
        pytest.param(CALIBRATED, [0.1, 0.5, 0.7, 0.9], id="between the points of the map, and its ends beyond them"),
        pytest.param(DECISION, [False, False, True, True], id="from the threshold on"),
        pytest.param("member.forest", [0.0, 0.1, 0.2, 0.3], id="a member's"),
    ],
)
def test_values(name: str, expected: list[float]) -> None:
    (values,) = ALL.values(ALL.wanted([name]), SCORES).values()
    np.testing.assert_allclose(values, expected)


def test_outputs_come_in_the_asked_order_and_once() -> None:
    asked = ["member.forest", DECISION, PROBABILITY, DECISION]
    assert list(ALL.values(ALL.wanted(asked), SCORES)) == ["member.forest", DECISION, PROBABILITY]
    assert ALL.wanted([]) == [PROBABILITY]


def test_a_member_that_did_not_answer_is_left_out() -> None:
    assert not ALL.values(["member.forest"], EnsembleScores(SCORES.ensemble, {}, ("forest",)))


@pytest.mark.parametrize(
    ("threshold", "asked", "message"),
    [
        pytest.param(0.5, "nonsense", "no such output: nonsense; there are churn_probability, calib", id="unknown"),
        pytest.param(None, DECISION, "written without a threshold; train the model again", id="an older bundle"),
    ],
)
def test_refused(threshold: float | None, asked: str, message: str) -> None:
    with pytest.raises(OutputUnknown, match=message):
        Outputs(["forest"], MAP, threshold).wanted([asked])


def test_what_an_older_bundle_lacks_is_not_offered() -> None:
    assert DECISION not in Outputs(["forest"], MAP, None).names
