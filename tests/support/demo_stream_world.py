"""The customers of `make demo-stream` and what they did, made up, and the model that is trained on both."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import orjson
import pandas as pd
from churn_models.bundle import Bundle
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from churn_models.member_kind import MemberKind
from churn_training.datasets import open_dataset
from churn_training.train import train
from support.kafka_topics import Sent
from support.paced_stream import PacedWriter
from support.stream_events import NEWEST, made_up, schema_with_stream

_TRAINED, _LIVE = 3_000, 499
_SPEC = EnsembleSpec(
    name="callers",
    combine=CombineRule.MEAN,
    members=(
        MemberSpec(name="lightgbm", kind=MemberKind.LIGHTGBM, parameters={"n_estimators": 60, "num_leaves": 7}),
        MemberSpec(name="random-forest", kind=MemberKind.RANDOM_FOREST, parameters={"n_estimators": 50}),
    ),
)
_POISON = b'{"months": 12, "contract": '


@dataclass(frozen=True)
class World:
    """Messages by their places: the key and the body of one belong together."""

    bundle: Bundle
    keys: tuple[bytes, ...]
    """Of customers who are scored again and again; the last one's messages are no JSON."""
    bodies: tuple[bytes, ...]
    history: tuple[Sent, ...]
    """What the same customers did in the last two months, in the order of time; and go on doing."""

    @classmethod
    def trained(cls, folder: Path, now: float) -> Self:
        """Its history ends at `now`, in seconds since 1970."""
        schema, made = schema_with_stream(), made_up(_TRAINED, seed=7)
        files = str(folder / "customers.parquet"), str(folder / "events.parquet")
        folder.mkdir(parents=True, exist_ok=True)
        made.customers.to_parquet(files[0])
        made.events.to_parquet(files[1])
        dataset = open_dataset(files[0], _SPEC, schema, files[1])
        bundle = train(_SPEC, schema, dataset, 0, folder / "bundles").bundle
        live = made.customers.head(_LIVE)
        bodies = map(orjson.dumps, live[["months", "contract"]].to_dict("records"))
        keys = tuple(name.encode() for name in live["customer"])
        events = made.events[made.events["customer"].isin(live["customer"])]
        return cls(bundle, (*keys, b"nobody"), (*bodies, _POISON), tuple(_history(events, now)))

    def go_on(self, brokers: str, topic: str, per_second: float) -> PacedWriter:
        """The events from now on."""
        keys, bodies = zip(*((one.key, one.value) for one in self.history), strict=True)
        return PacedWriter(brokers, topic, bodies, per_second, keys)


def _history(events: pd.DataFrame, now: float) -> Iterator[Sent]:
    """Those before the newest label of the training, whose time becomes `now`."""
    for event in events.to_dict("records"):
        before = NEWEST.timestamp() - event["time"]
        if before >= 0:
            body = orjson.dumps({"minutes": event["minutes"], "support": event["support"]})
            yield Sent(body, event["customer"].encode(), timestamp=int(1_000 * (now - before)))
