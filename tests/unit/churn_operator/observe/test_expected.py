"""What is kept of comparison.json, and which version may be tried without anybody asking for it."""

import json
from dataclasses import replace

import pytest
from churn_models.comparison import Comparison
from churn_operator.observe.expected import Expected
from churn_operator.observe.record import identify
from support.fake_comparison import comparison
from support.observations import revision


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
    assert Expected.of(compared).passed is passes


def test_a_record_keeps_it() -> None:
    expected = Expected.of(comparison("1"))
    assert Expected.from_data(json.loads(json.dumps(expected.to_data()))) == expected


@pytest.mark.parametrize(
    "data", [None, {}, {"passed": True}, {**Expected.of(comparison("1")).to_data(), "scorePSI": "x"}]
)
def test_what_is_not_understood_is_none(data: dict[str, object] | None) -> None:
    assert Expected.from_data(data) is None


def test_no_revision_is_renamed_for_it() -> None:
    record = revision("2")
    compared = replace(record.bundle, comparison=Expected.of(comparison("1")))
    assert identify(compared, record.configuration) == record.identifier
    assert compared.to_data() != record.bundle.to_data()
