"""One log of 200,000 events, late and repeated ones among them: the same bytes online, in a replay and in training."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from churn_models.stream_features.event import Event
from churn_models.stream_features.event_batch import EventBatch
from churn_models.stream_features.functions import Features, apply, apply_batch, features, features_batch
from churn_models.stream_features.layout import StateLayout
from churn_training.event_features import features_at
from churn_training.event_table import read_events
from support import figures
from support.stream_events import schema_with_stream
from support.stream_features import STREAM

EVENTS = 200_000
CUSTOMERS = 4_000
ONE_BY_ONE = 20
"""Of how many customers one is followed event by event."""
BEGIN = 1_765_000_000.0
DAY = 86_400.0
END = BEGIN + 30 * DAY
LABEL = BEGIN + 22.3 * DAY
LAYOUT = StateLayout.of(STREAM)
States = dict[str, bytes]


@dataclass(frozen=True)
class Log:
    """`events` in the order of their offsets, each once; `delivered` are parts of them as a worker was given them."""

    events: list[Event]
    delivered: list[slice]


@pytest.fixture(scope="module")
def log() -> Log:
    """Three in ten events are late, by seconds to weeks; every tenth batch is given again after a restart."""
    rng = np.random.default_rng(19)
    late = np.where(rng.random(EVENTS) < 0.3, 10 ** rng.uniform(0, 6.2, EVENTS), 0)
    times = np.maximum(np.sort(rng.uniform(BEGIN, END, EVENTS)) - late, BEGIN)
    whose = (CUSTOMERS * rng.random(EVENTS) ** 1.5).astype(int).tolist()
    values = np.where(rng.random((EVENTS, 2)) < 0.2, math.nan, rng.normal(10, 30, (EVENTS, 2)))
    rows = zip(whose, times.tolist(), map(tuple, values.tolist()), strict=True)
    events = [Event(f"c{customer}", time, offset, found) for offset, (customer, time, found) in enumerate(rows)]
    return Log(events, list(_delivered(rng)))


@pytest.fixture(scope="module")
def online(log: Log) -> States:
    """As a worker has them that was given the events as they were delivered."""
    return _applied(log, log.delivered)


def _delivered(rng: np.random.Generator) -> Iterator[slice]:
    bounds = np.unique([0, *rng.integers(0, EVENTS, EVENTS // 300), EVENTS]).tolist()
    for number, (first, end) in enumerate(pairwise(bounds)):
        yield slice(first, end)
        if number % 10 == 9:
            yield slice(max(first - 500, 0), end)


def test_online_replay_and_training_are_the_same_bytes(log: Log, online: States, tmp_path: Path) -> None:
    replayed = _applied(log, [slice(first, first + 8192) for first in range(0, EVENTS, 8192)])
    names = list(online)
    at_end = features_batch(LAYOUT, [online[name] for name in names], np.full(len(names), END))
    followed = names[::ONE_BY_ONE]
    alone, labelled = _one_by_one(log, set(followed))
    trained_end, trained = _trained(log, names, tmp_path)
    divergences = {
        "replay": sum(online[name] != replayed[name] for name in names),
        "one by one": sum(online[name] != alone[name] for name in followed),
        "training": _differing(at_end, trained_end),
        "training, at labels": _differing(np.array([labelled[name] for name in followed]), trained[::ONE_BY_ONE]),
        "customers": len(set(online) ^ set(replayed)),
    }
    assert not any(divergences.values()), divergences
    assert _differing(trained, trained_end) > len(names) / 2
    assert figures.record(
        "stream_feature_divergences", sum(divergences.values()), "rows of 200,000 events", "<= 0"
    ).holds


def test_counts_are_those_of_the_documented_rule(log: Log, online: States) -> None:
    found = pd.DataFrame(
        features_batch(LAYOUT, list(online.values()), np.full(len(online), END)),
        index=list(online),
        columns=[one.name for one in STREAM],
    )
    events = pd.DataFrame(log.events)
    for feature in STREAM:
        if feature.window and feature.of is None:
            tile = feature.window_seconds / 24
            number = np.floor(events["time"] / tile)
            # What was too late when it came is over at the end, too.
            kept = number > np.floor(END / tile) - 24
            expected = kept.groupby(events["customer"]).sum().reindex(found.index)
            assert (found[feature.name] == expected).all(), feature.name


def _applied(log: Log, parts: list[slice]) -> States:
    states: States = {}
    for part in parts:
        batch = EventBatch.of(log.events[part])
        after = apply_batch(LAYOUT, [states.get(name) for name in batch.customers], batch)
        states.update(zip(batch.customers, after, strict=True))
    return states


def _one_by_one(log: Log, followed: set[str]) -> tuple[States, dict[str, Features]]:
    """The last states, and each customer's features at the label's time, before the first event behind that."""
    states: States = {}
    labelled: dict[str, Features] = {}
    for event in log.events:
        if event.customer not in followed:
            continue
        if event.time > LABEL and event.customer not in labelled:
            labelled[event.customer] = features(LAYOUT, states.get(event.customer), LABEL)
        states[event.customer] = apply(LAYOUT, states.get(event.customer), event)
    for name in followed - set(labelled):
        labelled[name] = features(LAYOUT, states[name], LABEL)
    return states, labelled


def _trained(log: Log, names: list[str], folder: Path) -> list[Features]:
    """At the end and at the labels' time, from a file in any order that has every hundredth event twice."""
    frame = pd.DataFrame([event[:3] for event in log.events], columns=["customer", "time", "offset"])
    frame[list(LAYOUT.fields)] = [event.values for event in log.events]
    frame = pd.concat([frame, frame[::100]]).sample(frac=1, random_state=3)
    frame.to_parquet(folder / "events.parquet")
    events = read_events(str(folder / "events.parquet"), schema_with_stream(), LAYOUT.fields)
    customers = np.array(names, dtype=object)
    return [features_at(LAYOUT, events, customers, np.full(len(names), time)) for time in (END, LABEL)]


def _differing(one: Features, other: Features) -> int:
    """Rows that are not the same bytes."""
    return sum(left.tobytes() != right.tobytes() for left, right in zip(one, other, strict=True))
