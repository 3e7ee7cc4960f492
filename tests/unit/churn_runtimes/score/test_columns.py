"""Which columns of a table are read and kept, against tables of headers."""

import pytest
from churn_models.errors import DataInvalid
from churn_runtimes.score.columns import plan_columns
from support.small_table import small_schema

HEADER = ["Member", "plan", "autopay", "branch", "months", "fee", "region", "left"]
ADDED = ["churn_probability", "digest", "scored_at"]


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        pytest.param([], (), id="nothing"),
        pytest.param(["region", "plan", "region"], ("region", "plan"), id="by name, a feature too"),
        pytest.param(["*"], ("region",), id="what the schema does not name"),
        pytest.param(["*", "left"], ("region", "left"), id="the class beside it"),
    ],
)
def test_kept_columns(keep: list[str], kept: tuple[str, ...]) -> None:
    assert plan_columns(small_schema(), HEADER, keep, ADDED).kept == kept


def test_everything_leaves_out_what_scoring_wrote_before() -> None:
    assert plan_columns(small_schema(), [*HEADER, *ADDED], ["*"], ADDED).kept == ("region",)


def test_each_column_is_read_once_under_the_name_that_it_has() -> None:
    columns = plan_columns(small_schema(), HEADER, ["plan"], ADDED)
    assert columns.identity == "Member"
    assert sorted(columns.read) == ["Member", "autopay", "branch", "fee", "months", "plan"]


@pytest.mark.parametrize(
    ("header", "keep", "message"),
    [
        pytest.param(HEADER[1:], [], "member: the column is missing", id="no identity"),
        pytest.param([*HEADER[:5], "fees"], [], "fee: the column is missing; there is 'fees'", id="near"),
        pytest.param(HEADER, ["regions"], "regions: the column is missing; there is 'region'", id="nothing to keep"),
        pytest.param([*HEADER, "digest"], ["digest"], "digest: is what scoring writes", id="a name that is taken"),
    ],
)
def test_refused_columns(header: list[str], keep: list[str], message: str) -> None:
    with pytest.raises(DataInvalid, match=message):
        plan_columns(small_schema(), header, keep, ADDED)


def test_a_table_needs_no_identity_where_the_schema_has_none() -> None:
    assert plan_columns(small_schema(identity=None), HEADER[1:], [], ADDED).identity is None
