"""Before a training that no person asked for: are the rows fit for it? Compared with what the champion was made of.

`train` calls it after validation. A person who trains looks at the data; a schedule or an alarm does not.
"""

from collections.abc import Iterator

import pandas as pd

from churn_training.champion import Champion
from churn_training.errors import DataRejected
from churn_training.evaluate import Evaluation
from churn_training.split import Split
from churn_training.training_data import TrainingData

LEAST_ROWS = 0.5
"""Of the rows that the champion was trained from: tables grow, and one that has lost half was not read whole."""
MOST_LABEL_CHANGE = 0.3
"""Of the share of churners, as a part of the champion's: more than that is another label."""
MOST_MISSING_MORE = 0.1
"""Share of a feature's values that may be missing beyond those that were missing before."""
MOST_DUPLICATES = 0.5
"""Share of rows that equal an earlier one in every column."""


def guard(champion: Champion, data: TrainingData, table: pd.DataFrame, parts: Split) -> None:
    """Raises DataRejected with all that is wrong; `table` are the validated rows, `data` the same encoded."""
    faults = [
        *_rows(champion, table),
        *_labels(champion.evaluation(), data, parts),
        *_missing(champion, table),
        *_duplicates(table),
    ]
    if faults:
        raise DataRejected(faults)


def _rows(champion: Champion, table: pd.DataFrame) -> Iterator[str]:
    before = champion.bundle.manifest.dataset.rows
    if len(table) < LEAST_ROWS * before:
        yield f"{len(table)} rows, the champion was trained from {before}; at least {LEAST_ROWS:.0%} are required"


def _labels(before: Evaluation, data: TrainingData, parts: Split) -> Iterator[str]:
    """On the rows that judge, like with like: without those whose label cannot be mature yet."""
    rate = float(data.target[parts.holdout].mean())
    if abs(rate - before.churn_rate) > MOST_LABEL_CHANGE * before.churn_rate:
        yield (
            f"{rate:.1%} of the rows that judge have churned, of the champion's {before.churn_rate:.1%}; a change by "
            f"{MOST_LABEL_CHANGE:.0%} at most is allowed"
        )


def _missing(champion: Champion, table: pd.DataFrame) -> Iterator[str]:
    for name, reference in champion.bundle.reference().features.items():
        if name not in table:
            continue
        missing = float(table[name].isna().mean())
        if missing > reference.missing_ratio + MOST_MISSING_MORE:
            yield f"{name}: {missing:.1%} of the values are missing, of the champion's {reference.missing_ratio:.1%}"


def _duplicates(table: pd.DataFrame) -> Iterator[str]:
    share = float(table.duplicated().mean())
    if share > MOST_DUPLICATES:
        yield f"{share:.1%} of the rows are there twice; at most {MOST_DUPLICATES:.0%} may be"
