"""`time_holdout_gap`: is the AUC that a training promises the one that the months after it give?

Flights of January and February are trained on, once judged by their newest rows and once by a random part; then both
models score the rest of the year.
"""

import os
from pathlib import Path

import pandas as pd
from churn_models.encoding import encode
from churn_models.ensemble_spec import MemberSpec
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_training.learners.registry import fit_member
from churn_training.split import split
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from sklearn.metrics import roc_auc_score
from support.figures import record

_STREAM_FROM = "2013-03-01"
_HOLDOUT = 0.2
_MEMBER = MemberSpec(name="trees", kind=MemberKind.LIGHTGBM, parameters={})
_CATEGORICAL = ("weekday", "carrier", "origin", "dest")
_NUMERIC = ("hour", "distance", "temp", "wind_speed", "precip", "visib", "pressure", "humid")


def measure() -> None:
    """Record the gap of the time-cut holdout, and print the random one's beside it."""
    flights = _flights()
    if flights is None:
        print("  no streams/flights.parquet in CHURN_DATA_DIR or ../shared/data: not measured")
        return
    past = flights["time"] < _STREAM_FROM
    known, stream = flights[past], flights[~past]
    by_time, by_customer = (_promised_and_given(known, stream, time) for time in ("time", None))
    print(f"  by time: promised {by_time[0]:.4f}, given {by_time[1]:.4f}")
    print(f"  by customer: promised {by_customer[0]:.4f}, given {by_customer[1]:.4f}")
    print(record("time_holdout_gap", abs(by_time[0] - by_time[1]), "AUC", "<= 0.02"))


def _flights() -> pd.DataFrame | None:
    folders = [os.environ["CHURN_DATA_DIR"]] if "CHURN_DATA_DIR" in os.environ else ["../shared/data", "data"]
    paths = [Path(folder) / "streams/flights.parquet" for folder in folders]
    found = next((path for path in paths if path.is_file()), None)
    return pd.read_parquet(found) if found else None


def _promised_and_given(known: pd.DataFrame, stream: pd.DataFrame, time: str | None) -> tuple[float, float]:
    schema = _schema(known, time)
    data = TrainingData.from_table(schema, validate(schema, known))
    parts = split(data, _HOLDOUT)
    judged = data.rows(parts.holdout)
    member = fit_member(_MEMBER, data.rows(parts.train), seed=0)
    rows = encode(schema, {name: stream[name].to_numpy() for name in schema.names}).matrix
    return (
        float(roc_auc_score(judged.target, member.score(judged.matrix))),
        float(roc_auc_score(stream["late"] == "yes", member.score(rows))),
    )


def _schema(known: pd.DataFrame, time: str | None) -> FeatureSchema:
    words = {name: sorted(known[name].unique()) for name in _CATEGORICAL}
    features: list[dict[str, object]] = [
        {"kind": "categorical", "name": name, "categories": words[name]} for name in _CATEGORICAL
    ]
    features += [{"kind": "numeric", "name": name, "nullable": True} for name in _NUMERIC]
    around = {"identity": "id", "time": time, "label_delay": "1d" if time else None}
    return FeatureSchema.model_validate(
        {"target": {"name": "late", "positive": "yes", "negative": "no"}, "features": features} | around
    )
