"""Rows of times in which the feed was broken: `--not-from` names them, and nothing is trained on them."""

from collections.abc import Sequence

import pandas as pd
from churn_models.feature_schema import FeatureSchema

from churn_training.progress import say

Span = tuple[pd.Timestamp, pd.Timestamp]
"""From when to when, both included."""


def read_span(text: str) -> Span:
    """`A..B`, two moments as ISO 8601 has them (UTC where they name no zone). Raises ValueError."""
    first, mark, last = text.partition("..")
    if not mark:
        raise ValueError(f"{text!r} is not two moments with .. between them")
    begin, end = (pd.to_datetime(one, utc=True, format="ISO8601") for one in (first, last))
    if begin > end:
        raise ValueError(f"{text!r} ends before it begins")
    return begin, end


def without_unfit(schema: FeatureSchema, table: pd.DataFrame, spans: Sequence[Span]) -> pd.DataFrame:
    """The validated rows that lie in none of the spans; all of them where no column tells when a row was seen."""
    if not spans:
        return table
    if schema.time is None or not isinstance(table[schema.time].dtype, pd.DatetimeTZDtype):
        say("  no column tells when a row was seen: rows of a broken feed cannot be told apart, and stay")
        return table
    times = table[schema.time]
    unfit = pd.Series(False, index=table.index)
    for begin, end in spans:
        unfit |= times.between(begin, end)
    say(f"  {int(unfit.sum())} rows left out, which came while the feed was broken")
    return table[~unfit].reset_index(drop=True)
