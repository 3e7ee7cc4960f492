"""Features of the stream for tests: one of each aggregate, and what they are by the documented rule of tiles alone."""

import math
from collections.abc import Sequence

from churn_models.duration import seconds_of
from churn_models.stream_features.event import Event
from churn_models.stream_features.stream_feature import Aggregate, StreamFeature

STREAM = (
    StreamFeature(name="calls_1h", aggregate=Aggregate.COUNT, window="1h"),
    StreamFeature(name="calls_30d", aggregate=Aggregate.COUNT, window="30d"),
    StreamFeature(name="support_7d", aggregate=Aggregate.SUM, of="support", window="7d"),
    StreamFeature(name="minutes_24h", aggregate=Aggregate.SUM, of="minutes", window="24h"),
    StreamFeature(name="usual_minutes", aggregate=Aggregate.MEAN, of="minutes", window="24h"),
    StreamFeature(name="last_minutes", aggregate=Aggregate.LAST, of="minutes"),
    StreamFeature(name="silent_for", aggregate=Aggregate.TIME_SINCE),
    StreamFeature(name="recent_calls", aggregate=Aggregate.DECAYED_COUNT, half_life="24h"),
    StreamFeature(name="recent_support", aggregate=Aggregate.DECAYED_SUM, of="support", half_life="7d"),
)


def by_the_rule(feature: StreamFeature, events: Sequence[Event], place: int, now: float) -> float:
    """One customer's feature from all events, none of them late by more than a window; `place` is the field's."""
    known = [event for event in events if feature.of is None or not math.isnan(event.values[place])]
    values = [1.0 if feature.of is None else event.values[place] for event in known]
    if feature.window:
        tile = seconds_of(feature.window) / 24
        inside = [
            value
            for event, value in zip(known, values, strict=True)
            if math.floor(event.time / tile) > math.floor(now / tile) - 24
        ]
        if feature.aggregate is Aggregate.MEAN:
            return sum(inside) / len(inside) if inside else math.nan
        return sum(inside)
    if feature.half_life:
        life = seconds_of(feature.half_life)
        return sum(float(value * 2 ** ((event.time - now) / life)) for event, value in zip(known, values, strict=True))
    if not known:
        return math.nan
    newest = max(known, key=lambda event: event.time)
    return now - newest.time if feature.aggregate is Aggregate.TIME_SINCE else newest.values[place]
