"""What init makes of a table: each kind of column once, from text cells as a CSV gives them and from typed ones."""

from pathlib import Path

import pandas as pd
import pytest
from churn_models.errors import DataInvalid
from churn_models.feature_schema import CategoricalFeature, FeatureSchema
from churn_models.numeric_feature import NumericFeature, Range
from churn_training.errors import NotDecided
from churn_training.init.init_ensemble import Said, plan_ensemble
from churn_training.init.plan import Plan
from churn_training.init.report import report_lines
from churn_training.init.write_folder import write_folder
from churn_training.validate import validate
from support.made_up_table import made_up_table


def as_csv_cells(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(object).where(table.notna(), "").astype(str)


@pytest.fixture(scope="module", params=["typed", "text"])
def table(request: pytest.FixtureRequest) -> pd.DataFrame:
    return made_up_table() if request.param == "typed" else as_csv_cells(made_up_table())


@pytest.fixture(scope="module")
def plan(table: pd.DataFrame) -> Plan:
    return plan_ensemble(table, Said())


def test_target_and_identity_are_guessed_with_a_reason(plan: Plan) -> None:
    assert (plan.target.name, plan.target.positive, plan.target.negative) == ("Churned", ("Yes",), ("No",))
    assert "speaks of churn" in plan.target.reason
    assert plan.identity.name == "customerID"
    assert "differs in every row" in plan.identity.reason


def test_a_date_whose_name_does_not_say_when_the_row_was_seen_is_asked_about(plan: Plan) -> None:
    assert plan.time.name is None
    assert "signup_date" in plan.time.reason
    assert "--time" in plan.time.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("country", "the same in every row ('NZ')", id="constant"),
        pytest.param("surname", "400 different values", id="text of many values"),
        pytest.param("last_invoice", "numbers with signs", id="amounts with a currency"),
        pytest.param("retention_score", "gives the target away: alone it separates", id="a score made afterwards"),
        pytest.param("cancel_date", "gives the target away", id="a date after the target"),
        pytest.param("signup_date", "a date", id="another date"),
    ],
)
def test_what_is_no_feature_is_left_out_with_the_reason(name: str, reason: str, plan: Plan) -> None:
    assert reason in plan.left_out[name]


def test_kinds_categories_gaps_and_ranges_are_found(plan: Plan) -> None:
    features = {feature.name: feature for feature in plan.schema().features}
    assert set(features) == {"plan", "paperless", "autopay", "months", "monthly fee", "discount", "visits"}
    assert features["autopay"] == CategoricalFeature(name="autopay", categories=("0", "1"))
    assert features["paperless"] == CategoricalFeature(name="paperless", categories=("no", "yes"))
    fee, discount = features["monthly fee"], features["discount"]
    assert isinstance(fee, NumericFeature)
    assert (fee.nullable, fee.allowed) == (False, Range(low=0, high=1000))
    assert discount.nullable


def test_doubts_are_told(plan: Plan) -> None:
    told = "\n".join(report_lines(plan))
    assert "rare: business (" in told
    assert "visits: only 0, 1, 2, 3: if they are codes" in told


def test_what_is_written_is_read_back_and_the_table_keeps_to_it(
    plan: Plan, table: pd.DataFrame, tmp_path: Path
) -> None:
    write_folder(tmp_path / "My shop", plan, "shop.csv")
    schema = FeatureSchema.from_yaml(tmp_path / "My shop" / "schema.yaml")
    features = tuple(_no_seen(feature) for feature in plan.schema().features)
    assert schema == plan.schema().with_features(features)
    assert len(validate(schema, table)) == len(table)


def _no_seen(feature: NumericFeature | CategoricalFeature) -> NumericFeature | CategoricalFeature:
    return feature.model_copy(update={"seen": None}) if isinstance(feature, NumericFeature) else feature


def test_what_a_person_says_goes_before_the_guesses() -> None:
    plan = plan_ensemble(made_up_table(), Said(target="paperless", time="signup_date"))
    assert (plan.target.name, plan.time.name) == ("paperless", "signup_date")
    assert "Churned" in {feature.name for feature in plan.schema().features}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param(Said(target="churn"), "there is no column churn to predict; there is Churned", id="no target"),
        pytest.param(Said(target="months"), "a target has two", id="a number as target"),
        pytest.param(Said(identity="plan"), "an identity differs in each", id="an identity that repeats"),
        pytest.param(Said(time="signup"), "--time signup: there is no such column; there is signup_date", id="no time"),
    ],
)
def test_what_cannot_be_is_refused(said: Said, message: str) -> None:
    with pytest.raises(NotDecided, match=message):
        plan_ensemble(made_up_table(), said)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(0, "no rows", id="none"),
        pytest.param(39, "only 39 rows; init and training need 40, 20 of each class", id="too few"),
    ],
)
def test_a_table_of_too_few_rows_is_refused(rows: int, message: str) -> None:
    with pytest.raises(DataInvalid, match=message):
        plan_ensemble(made_up_table().head(rows), Said())


def test_spellings_of_a_class_are_written_and_trained_on(tmp_path: Path) -> None:
    table = made_up_table()
    table.loc[:99, "Churned"] = table.loc[:99, "Churned"].map({"Yes": "YES ", "No": "no"})
    write_folder(tmp_path, plan_ensemble(table, Said()), "shop.csv")
    schema = FeatureSchema.from_yaml(tmp_path / "schema.yaml")
    assert (set(schema.target.positive), set(schema.target.negative)) == ({"Yes", "YES"}, {"No", "no"})
    expected = made_up_table().set_index("customerID")["Churned"] == "Yes"
    checked = validate(schema, table).set_index("customerID")["Churned"] == schema.target.positive[0]
    pd.testing.assert_series_equal(checked, expected.sort_index(), check_names=False)


def test_infinite_numbers_are_told_and_are_no_bound() -> None:
    table = made_up_table()
    table.loc[:2, "discount"] = [float("inf"), float("-inf"), 1e300]
    plan = plan_ensemble(table, Said())
    assert "discount: infinite in 3 rows: training refuses them" in "\n".join(report_lines(plan))
    discount = next(feature for feature in plan.schema().features if feature.name == "discount")
    assert isinstance(discount, NumericFeature)
    assert discount.allowed
    assert discount.allowed.high <= 10_000


def test_words_of_a_feature_that_look_like_one_are_told() -> None:
    table = made_up_table()
    table.loc[:99, "plan"] = table.loc[:99, "plan"].str.upper()
    assert "look like one word" in "\n".join(report_lines(plan_ensemble(table, Said())))
