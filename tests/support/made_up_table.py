"""A made-up table of customers, for `init`: one column of every kind that it has to tell apart."""

from typing import Any

import numpy as np
import pandas as pd


def made_up_table(rows: int = 600) -> pd.DataFrame:
    """Every column is named after what `init` should find in it, the target being `Churned`."""
    generator = np.random.default_rng(5)
    months = generator.integers(1, 73, rows)
    plan = generator.choice(["basic", "family", "business"], rows, p=[0.6, 0.38, 0.02])
    fee = np.round(generator.uniform(5, 90, rows), 2)
    chance = 1 / (1 + np.exp(0.06 * months - 0.03 * fee + (plan == "family")))
    churned = generator.random(rows) < chance
    numbers = np.arange(rows)
    return pd.DataFrame(
        {
            "customerID": [f"C-{number:05d}" for number in numbers],
            "signup_date": pd.Series(pd.date_range("2021-01-01", periods=rows, freq="D").strftime("%Y-%m-%d")),
            "plan": plan,
            "paperless": generator.choice(["no", "yes"], rows),
            "autopay": generator.integers(0, 2, rows),
            "months": months,
            "monthly fee": fee,
            "discount": _with_gaps(np.round(generator.uniform(0, 1, rows), 3), generator),
            "visits": generator.integers(0, 4, rows),
            "country": "NZ",
            "surname": [f"Name{number % 400}" for number in numbers],
            "last_invoice": [f"${number + 10}.00" for number in numbers % 300],
            "retention_score": np.where(churned, 0.9, 0.1) + generator.uniform(0, 0.05, rows).round(3),
            "cancel_date": np.where(churned, "2024-03-01", ""),
            "Churned": np.where(churned, "Yes", "No"),
        }
    )


def _with_gaps(values: Any, generator: np.random.Generator) -> Any:
    return np.where(generator.random(len(values)) < 0.1, np.nan, values)
