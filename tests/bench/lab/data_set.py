"""The four churn tables of the accuracy anchors, and what of each everybody is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from bench.lab.fold_task import TARGET
from churn_training.datasets import data_folders


class DataMissing(Exception):
    """A table is not in any of the usual folders."""


@dataclass(frozen=True)
class DataSet:
    """`positive` is the word of who left; `left_out` names the customer or gives the target away."""

    name: str
    target: str
    positive: str
    left_out: tuple[str, ...] = ()


_SCORES_OF_ANOTHER = (
    "Naive_Bayes_Classifier_Attrition_Flag_Card_Category_Contacts_Count_12_mon_Dependent_count_Education_Level_"
    "Months_Inactive_12_mon_"
)

DATA_SETS = (
    DataSet("telco", "Churn", "Yes", ("customerID",)),
    DataSet("mlc_churn", "churn", "yes"),
    DataSet("iranian_churn", "Churn", "1"),
    DataSet(
        "bank_churners",
        "Attrition_Flag",
        "Attrited Customer",
        ("CLIENTNUM", f"{_SCORES_OF_ANOTHER}1", f"{_SCORES_OF_ANOTHER}2"),
    ),
)


def read_tables(data_sets: Sequence[DataSet]) -> dict[str, pd.DataFrame]:
    """By name, features as they stand in the file and `TARGET` last. DataMissing names all that are not there."""
    folders = data_folders()
    found = {
        one.name: next((path for folder in folders if (path := folder / f"{one.name}.csv").is_file()), None)
        for one in data_sets
    }
    if missing := [f"{name}.csv" for name, path in found.items() if path is None]:
        looked = ", ".join(map(str, folders))
        raise DataMissing(f"{', '.join(missing)} not in {looked}: CHURN_DATA_DIR names the folder that has them")
    return {one.name: _read(one, place) for one in data_sets if (place := found[one.name])}


def _read(data_set: DataSet, path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, na_values=[" "])
    target = (table[data_set.target].astype(str) == data_set.positive).astype(int)
    return table.drop(columns=[data_set.target, *data_set.left_out]).assign(**{TARGET: target})
