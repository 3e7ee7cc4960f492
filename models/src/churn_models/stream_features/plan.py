"""Where everything stands in a state, and from which places each feature is computed; made once for each layout."""

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np

from churn_models.stream_features.event_batch import Places
from churn_models.stream_features.layout import StateLayout
from churn_models.stream_features.series import TILES, Series, decay_of, tiles_of
from churn_models.stream_features.stream_feature import Aggregate, StreamFeature

OFFSET, TIME, HEAD = 1, 2, 3
"""Columns of a state: the digest is before them, and the tiles begin behind the last."""
NO_OFFSET = -1.0
"""Of a customer without events."""
DOUBLE = np.dtype("<f8")


class Plan:
    """Of one layout."""

    def __init__(self, layout: StateLayout) -> None:
        self.layout = layout
        ends = np.cumsum([HEAD, TILES * len(layout.tiles), len(layout.decayed), len(layout.lasts), len(layout.lasts)])
        self.tiles, self.decayed, self.lasts, self.last_times = map(slice, ends[:-1].tolist(), ends[1:].tolist())
        self.windows = np.array([series.seconds for series in layout.tiles])
        self.half_lives = np.array([series.seconds for series in layout.decayed])
        self.tile_sources = self._sources(layout.tiles)
        self.decay_sources = self._sources(layout.decayed)
        self.last_fields = np.array([layout.fields.index(name) for name in layout.lasts], dtype=np.intp)
        self.numerators = np.array([self._numerator(one) for one in layout.features], dtype=np.intp)
        means = [place for place, one in enumerate(layout.features) if one.aggregate is Aggregate.MEAN]
        self.means = np.array(means, dtype=np.intp)
        counts = [layout.tiles.index(tiles_of(layout.features[place])[1]) for place in means]
        self.counts = np.array(counts, dtype=np.intp)

    @cached_property
    def empty(self) -> bytes:
        """The state of a customer without events."""
        state = np.zeros(self.layout.size // 8, dtype=DOUBLE)
        state[OFFSET] = NO_OFFSET
        state[self.lasts] = np.nan
        return self.layout.digest + state.tobytes()[8:]

    def _sources(self, series: Sequence[Series]) -> Places:
        """Columns of what events add (`StateTable.apply`)."""
        fields = self.layout.fields
        return np.array(
            [
                0 if source.field is None else 1 + fields.index(source.field) + (0 if source.counted else len(fields))
                for _, source in series
            ],
            dtype=np.intp,
        )

    def _numerator(self, feature: StreamFeature) -> int:
        """Its place among totals, decayed sums, last values and the time since the newest event."""
        layout = self.layout
        tiles, decayed = len(layout.tiles), len(layout.decayed)
        if feature.aggregate is Aggregate.TIME_SINCE:
            return tiles + decayed + len(layout.lasts)
        if feature.aggregate is Aggregate.LAST:
            return tiles + decayed + layout.lasts.index(str(feature.of))
        if feature.half_life:
            return tiles + layout.decayed.index(decay_of(feature))
        return layout.tiles.index(tiles_of(feature)[0])


@lru_cache(maxsize=16)
def plan_of(layout: StateLayout) -> Plan:
    """The same one for the same layout."""
    return Plan(layout)
