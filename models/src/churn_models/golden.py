"""golden.jsonl: customers as people write them, with the scores that training computed for them.

The bundle writer makes them; the runtimes score them again before they call themselves ready.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from churn_models.encoding import Matrix, encode
from churn_models.errors import EncodingError, FileInvalid, GoldenMismatch
from churn_models.feature_schema import FeatureSchema
from churn_models.frozen_model import FrozenModel

TOLERANCE = 1e-6
"""Largest absolute difference of a probability that counts as equal."""


class GoldenRow(FrozenModel):
    """One raw customer with P(churn) of the ensemble and of each member."""

    row: dict[str, str | float | None]
    score: float
    members: dict[str, float]


def read_golden(path: Path) -> tuple[GoldenRow, ...]:
    """All golden rows of the file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(GoldenRow.model_validate_json(line) for line in lines)


def check_golden_names(rows: Sequence[GoldenRow], members: Sequence[str]) -> None:
    """Raises FileInvalid where there are no rows, or a row is not scored by just these members."""
    if not rows:
        raise FileInvalid("golden.jsonl holds no rows: nothing says whether this bundle scores here as in training")
    for place, golden in enumerate(rows):
        if set(golden.members) != set(members):
            found, wanted = ", ".join(sorted(golden.members)), ", ".join(members)
            raise FileInvalid(f"golden.jsonl, row {place} has scores of {found}; the members are {wanted}")


def golden_columns(rows: Sequence[GoldenRow]) -> dict[str, list[str | float | None]]:
    """The rows turned into columns, as `encode` takes them."""
    return {name: [golden.row[name] for golden in rows] for name in rows[0].row}


def encode_golden(schema: FeatureSchema, rows: Sequence[GoldenRow]) -> Matrix:
    """The rows as members score them, float32 `[rows, features]`. Raises FileInvalid for other features."""
    for place, golden in enumerate(rows):
        if different := set(golden.row) ^ set(schema.names):
            raise FileInvalid(f"golden.jsonl, row {place}: {min(different)} is not in both, this row and schema.json")
    try:
        return encode(schema, golden_columns(rows)).matrix
    except EncodingError as error:
        raise FileInvalid(f"golden.jsonl cannot be encoded by schema.json: {error}") from error


def check_golden(
    rows: Sequence[GoldenRow], score: NDArray[np.float64] | None, members: Mapping[str, NDArray[np.float64]]
) -> float:
    """The largest absolute difference between these scores and training's; None: the members' alone.

    Raises GoldenMismatch with the worst row when it is above TOLERANCE or a score is not a number.
    """
    expected = {name: [golden.members[name] for golden in rows] for name in members}
    actual = dict(members)
    if score is not None:
        expected = {"ensemble": [golden.score for golden in rows], **expected}
        actual["ensemble"] = score
    worst = 0.0
    for name, scores in expected.items():
        differences = np.nan_to_num(np.abs(actual[name] - np.asarray(scores)), nan=np.inf)
        row = int(np.argmax(differences))
        if not differences[row] <= TOLERANCE:
            # Only the row's number: the message goes into statuses and logs, where no customer belongs.
            raise GoldenMismatch(
                f"golden row {row}: {name} differs by {differences[row]:.3g} from its score in training; "
                f"at most {TOLERANCE:g} is allowed"
            )
        worst = max(worst, float(differences[row]))
    return worst
