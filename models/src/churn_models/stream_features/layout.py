"""What a customer's state holds, made from the schema's features of the stream. Whoever keeps states asks it.

**What a window means.** A window is 24 tiles that begin at fixed times, multiples of window / 24 since 1970 in UTC:
of `24h` each is one hour by the clock. The feature counts the tile of `now` and the 23 tiles before it: `24h` at 10:20
is from 11:00 of yesterday on, so a window covers at least 23/24 of its length and never more than all of it. An event
belongs to the tile of its own time, however late it comes; an event that is older than the state's 24 tiles is too
late for that window, and still counts in longer ones.

**How large it is.** 8 bytes for each number: 192 for the tiles of one sum or count in one window (features of the
same window and field share them), 8 for a decayed one, 16 for a last value, and 24 around them. Six features over two
windows take about 1 KiB; MOST_FEATURES bounds it to 26 KiB.

**How long it lasts.** A customer without an event for `lifetime` seconds is forgotten: features and later events see
the customer as new. So a store may drop a state that was not written for that long, and nothing changes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from churn_models.stream_features.series import TILES, Series, decay_of, tiles_of
from churn_models.stream_features.stream_feature import Aggregate, StreamFeature

MOST_FEATURES = 64
"""Of the stream in one schema."""
MONTH = 32 * 86_400.0
"""The shortest lifetime, in seconds."""
_LIFE_OF_HALVES = 8
"""Half-lives after which what is left of a decayed sum, 0.4 %, may be forgotten."""
_FORMAT = "churn-stream-state-1"

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class StateLayout:
    """Made once for a schema, so each is only equal to itself; `digest` says whose states are alike.

    `fields` of events in their order; then `tiles`, `decayed` and `lasts` as they stand in the state.
    """

    features: tuple[StreamFeature, ...]
    fields: tuple[str, ...]
    tiles: tuple[Series, ...]
    decayed: tuple[Series, ...]
    lasts: tuple[str, ...]
    """Fields whose newest value is kept."""

    @classmethod
    def of(cls, features: Sequence[StreamFeature]) -> "StateLayout":
        """Of a schema's features (`FeatureSchema.stream`). Two features of the same window and field share a place."""
        return cls(
            tuple(features),
            _distinct(one.of for one in features if one.of is not None),
            _distinct(series for one in features for series in tiles_of(one)),
            _distinct(decay_of(one) for one in features if one.half_life is not None),
            _distinct(one.of for one in features if one.aggregate is Aggregate.LAST and one.of is not None),
        )

    @cached_property
    def digest(self) -> bytes:
        """8 bytes at the start of each state. Names of features are not in it: a renamed one reads the same state."""
        parts = (_FORMAT, TILES, self.fields, self.tiles, self.decayed, self.lasts, self.lifetime)
        return hashlib.sha256(repr(parts).encode()).digest()[:8]

    @cached_property
    def lifetime(self) -> float:
        """Seconds after a customer's newest event at which the customer is as one without events."""
        windows = [series.seconds for series in self.tiles]
        return max([MONTH, *windows, *(_LIFE_OF_HALVES * series.seconds for series in self.decayed)])

    @cached_property
    def size(self) -> int:
        """Bytes of a state: each has as many."""
        return 8 * (3 + TILES * len(self.tiles) + len(self.decayed) + 2 * len(self.lasts))

    def owns(self, state: bytes) -> bool:
        """Whether the bytes are a state of this layout."""
        return len(state) == self.size and state.startswith(self.digest)


def _distinct(values: Iterable[Value]) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(values))
