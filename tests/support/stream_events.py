"""Customers like telco's with their events, made up: churners call support more in their last weeks.

What a row of a data set says of them (months, charge) tells little; what they did lately tells more.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from churn_models.feature_schema import CategoricalFeature, FeatureSchema, Target
from churn_models.numeric_feature import NumericFeature
from churn_models.stream_features.stream_feature import Aggregate, StreamFeature

NEWEST = pd.Timestamp("2026-03-01T12:00:00Z")
_DAY = 86_400.0
_WATCHED_DAYS = 60
_LAST_DAYS = 14
_ODDS = 0.8


@dataclass(frozen=True)
class CustomersWithEvents:
    """`customers` are labelled rows, each with its own time; `events` of all of them, later ones than labels too."""

    customers: pd.DataFrame
    events: pd.DataFrame


def schema_with_stream() -> FeatureSchema:
    """What `made_up` makes, with windows over the events."""
    return FeatureSchema(
        features=(
            NumericFeature(name="months"),
            CategoricalFeature(name="contract", categories=("monthly", "yearly")),
            StreamFeature(name="support_14d", aggregate=Aggregate.SUM, of="support", window="14d"),
            StreamFeature(name="calls_30d", aggregate=Aggregate.COUNT, window="30d"),
            StreamFeature(name="usual_minutes", aggregate=Aggregate.MEAN, of="minutes", window="30d"),
            StreamFeature(name="silent_for", aggregate=Aggregate.TIME_SINCE),
        ),
        target=Target(name="churned", positive=("yes",), negative=("no",)),
        identity="customer",
        time="seen",
    )


def made_up(count: int, seed: int) -> CustomersWithEvents:
    """`count` customers, about 20 events each; the same seed makes the same ones."""
    rng = np.random.default_rng(seed)
    names = np.array([f"c-{number:06d}" for number in range(count)], dtype=object)
    months, yearly = rng.integers(1, 72, count), rng.random(count) < 0.4
    churned = rng.random(count) < 1 / (1 + np.exp(_ODDS + yearly + months / 72))
    label_times = NEWEST.timestamp() - rng.uniform(0, 20, count) * _DAY
    events = rng.poisson(20, count)
    whose = np.repeat(np.arange(count), events)
    before = rng.uniform(-10, _WATCHED_DAYS, len(whose)) * _DAY
    lately = (before > 0) & (before < _LAST_DAYS * _DAY)
    support = rng.random(len(whose)) < np.where(lately & churned[whose], 0.5, 0.1)
    table = pd.DataFrame(
        {
            "customer": names[whose],
            "time": label_times[whose] - before,
            "minutes": np.round(rng.gamma(2, 4, len(whose)), 1),
            "support": support.astype(np.int64),
        }
    )
    customers = pd.DataFrame(
        {
            "customer": names,
            "seen": pd.to_datetime(pd.Series(label_times), unit="s", utc=True),
            "months": months,
            "contract": np.where(yearly, "yearly", "monthly"),
            "churned": np.where(churned, "yes", "no"),
        }
    )
    return CustomersWithEvents(customers, table.sort_values("time", ignore_index=True))
