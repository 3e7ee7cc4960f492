"""What was found reads back as what was meant, and replaces nothing that a person wrote."""

from pathlib import Path

import pytest
from churn_models.combine import CombineRule
from churn_models.derived_feature import GroupMean, Ratio
from churn_models.ensemble_spec import load_ensemble
from churn_training.errors import SearchImpossible
from churn_training.search.space import space_of
from churn_training.search.write_found import check_output, write_found, write_schema
from support.small_ensemble import small_spec

TELCO = Path("models/telco")


@pytest.mark.parametrize("rule", CombineRule)
def test_what_is_written_reads_back(rule: CombineRule, tmp_path: Path) -> None:
    written = small_spec(rule)
    space = space_of(written)
    found = space.ensemble({**space.as_written(), "xgboost:learning_rate": 0.0123456, "lightgbm:reg_lambda": 1e-05})
    write_found(found, TELCO, tmp_path / "found", "of 3 trials: the best")
    read, schema = load_ensemble(tmp_path / "found")
    assert read == found
    assert schema == load_ensemble(TELCO)[1]
    # A second search in the same folder replaces its own file.
    check_output(TELCO, tmp_path / "found")


def test_a_schema_with_derived_features_reads_back_explained(tmp_path: Path) -> None:
    schema = load_ensemble(TELCO)[1]
    ratio = Ratio(name="paid_per_month", of=("TotalCharges", "tenure"))
    usual = GroupMean(name="usual", of="MonthlyCharges", by="Contract")
    wanted = schema.with_features([*schema.features, ratio, usual])
    write_found(small_spec(), TELCO, tmp_path, "of 3 trials: the best")
    write_schema(wanted, tmp_path, ["paid_per_month is TotalCharges divided by tenure"])
    assert load_ensemble(tmp_path)[1] == wanted
    text = (tmp_path / "schema.yaml").read_text(encoding="utf-8")
    assert "# paid_per_month is TotalCharges divided by tenure.\n" in text


def test_what_a_person_wrote_is_not_replaced(tmp_path: Path) -> None:
    mine, file = tmp_path / "mine", tmp_path / "file"
    mine.mkdir()
    (mine / "ensemble.yaml").write_text("name: mine\n", encoding="utf-8")
    file.touch()
    for output, message in (
        (mine, "was not made by search"),
        (TELCO, "is the folder of --ensemble"),
        (file, "no folder"),
    ):
        with pytest.raises(SearchImpossible, match=message):
            check_output(TELCO, output)
