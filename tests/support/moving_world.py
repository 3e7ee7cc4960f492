"""A made-up stream whose world turns around: what the first feature says of the class, the second does later."""

import numpy as np
import pandas as pd
from bench.loop.stream import Stream, StreamSpec, stream_of

TRAINED = 4_000
"""Rows of the training part."""


def moving_world(rows: int = 16_000, turns_at: int | None = 8_000, seed: int = 3) -> Stream:
    """Labels come 1,000 rows late; the world turns at this row, or never."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, rows))
    turned = np.arange(rows) >= (rows if turns_at is None else turns_at)
    odds = np.where(turned, second, first) * 2 - 1
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            "time": pd.date_range("2026-01-01", periods=rows, freq="10min").astype(str),
            # What goes with the second world is seen in the inputs, too.
            "first": first,
            "second": second + turned,
            "plan": rng.choice(["a", "b", "c", "d"], size=rows, p=[0.5, 0.25, 0.15, 0.1]),
            "left": np.where(rng.random(rows) < 1 / (1 + np.exp(-odds)), "yes", "no"),
        }
    )
    spec = StreamSpec.model_validate(
        {
            "target": {"name": "left", "positive": "yes", "negative": "no"},
            "categorical": ["plan"],
            "train_rows": TRAINED,
            "label_delay": 1_000,
            "history": 4_000,
        }
    )
    return stream_of("moving", spec, frame)
