"""What is kept of comparison.json, and which version may be tried without anybody asking for it."""

import json
from dataclasses import replace

import pytest
from churn_models.comparison import Comparison
from churn_operator.observe.expected import Expected
from churn_operator.observe.record import identify
from support.fake_comparison import comparison
from support.observations import revision

EXPECTED = Expected("sha256:" + "1" * 64, score_psi=0.05, rank_correlation=0.97, passed=True)


@pytest.mark.parametrize(
    ("compared", "passes"),
    [
        pytest.param(comparison("1", auc=0.01), True, id="better"),
        pytest.param(comparison("1", auc=-0.01), True, id="perhaps better"),
        pytest.param(comparison("1", auc=-0.021), False, id="surely worse"),
        pytest.param(comparison("1", auc=0.01, change="a column more"), False, id="other features"),
    ],
)
def test_a_version_passes_where_nothing_shows_that_it_is_worse(compared: Comparison, passes: bool) -> None:
    expected = Expected.of(compared)
    assert expected is not None and expected.passed is passes


def test_figures_that_are_no_numbers_say_nothing() -> None:
    text = comparison("1").model_dump_json().replace('"score_psi":0.05', '"score_psi":Infinity')
    assert Expected.of(Comparison.model_validate_json(text)) is None


@pytest.mark.parametrize(
    "expected",
    [EXPECTED, replace(EXPECTED, score_psi_most=0.4, rank_correlation_least=0.6)],
    ids=["without stretches of time", "with"],
)
def test_a_record_keeps_it(expected: Expected) -> None:
    assert Expected.from_data(json.loads(json.dumps(expected.to_data()))) == expected


@pytest.mark.parametrize("data", [None, {}, {"passed": True}, {**EXPECTED.to_data(), "scorePSI": "x"}])
def test_what_is_not_understood_is_none(data: dict[str, object] | None) -> None:
    assert Expected.from_data(data) is None


def test_no_revision_is_renamed_for_it() -> None:
    record = revision("2")
    compared = replace(record.bundle, comparison=EXPECTED)
    assert identify(compared, record.configuration) == record.identifier
    assert compared.to_data() != record.bundle.to_data()
