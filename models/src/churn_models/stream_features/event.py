"""One event of a customer, and how it is read from a message of a topic. Pure: no client of Kafka, no clock."""

import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from pydantic_core import from_json

from churn_models.spelling import MISSING_MARKERS, number_of, text_of
from churn_models.stream_features.errors import EventInvalid

TIME = "time"
"""The field that says when it happened; without it the message's own timestamp does."""
MOST_AHEAD = 86_400.0
"""Seconds that an event may be ahead of its message's timestamp. One from 2099 would make all others too late."""
LATEST = 1e11
"""Seconds since 1970: beyond that it is milliseconds."""
MOST_OFFSET = 2**53
"""Up to here a state keeps offsets exactly."""

_LARGEST = float(np.finfo(np.float32).max)
_NAN = math.nan
_MARKERS = frozenset(marker.casefold() for marker in MISSING_MARKERS)


class Event(NamedTuple):
    """`values` stand in the order of `StateLayout.fields`, NaN where the event has no such field."""

    customer: str
    time: float
    """Seconds since 1970."""
    offset: int
    """Its place in the customer's partition: rises, and the same event has the same one again."""
    values: tuple[float, ...]


class EventReader:
    """Reads the JSON of events for one layout; fields that no feature names are ignored."""

    def __init__(self, fields: Sequence[str], identity: str | None, missing: Collection[str] = _MARKERS) -> None:
        """`identity` is the field with the customer's key in messages that have no key; `missing` are casefolded."""
        self._fields = tuple(fields)
        self._identity = identity
        self._missing = missing

    def read(self, value: bytes | None, *, key: bytes | None, timestamp: int | None, offset: int) -> Event:
        """One message; `timestamp` in milliseconds, None where it has none. Raises EventInvalid."""
        fields = _parsed(value)
        sent = None if timestamp is None else timestamp / 1000
        return Event(
            self._customer(key, fields),
            _time_of(fields.get(TIME), sent),
            offset,
            tuple([self._number(name, fields.get(name)) for name in self._fields]),
        )

    def _customer(self, key: bytes | None, fields: dict[str, Any]) -> str:
        if key:
            try:
                return key.decode()
            except UnicodeDecodeError as error:
                raise EventInvalid("the key is not UTF-8 text") from error
        found = fields.get(self._identity) if self._identity else None
        if isinstance(found, str | int) and not isinstance(found, bool) and (text := text_of(found)):
            return text
        named = f", and no field {self._identity} that is one" if self._identity else ""
        raise EventInvalid(f"the event names no customer: the message has no key{named}")

    def _number(self, name: str, value: Any) -> float:
        if type(value) is float or type(value) is int:
            number: float = value
        elif isinstance(value, list | dict):
            raise EventInvalid(f"field {name}: a list or an object is no number")
        else:
            number = _number_of(name, value, self._missing)
        if not -_LARGEST <= number <= _LARGEST and number == number:  # noqa: PLR0124  # NaN is missing
            raise EventInvalid(f"field {name}: infinite, or too large for float32")
        return float(number)


def _parsed(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise EventInvalid("the message has no value")
    try:
        parsed = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise EventInvalid(f"not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise EventInvalid("an event is one JSON object")
    return parsed


def _number_of(name: str, value: Any, missing: Collection[str]) -> float:
    try:
        return number_of(value, missing)
    except (TypeError, ValueError, OverflowError) as error:
        raise EventInvalid(f"field {name}: {value!r} is not a number") from error


def _time_of(given: Any, sent: float | None) -> float:
    if given is None and sent is None:
        raise EventInvalid(f"no field {TIME}, and the message has no timestamp")
    time = sent if given is None else _seconds(given)
    if time is None or not 0 <= time < LATEST:
        raise EventInvalid(f"field {TIME}: {given!r} is neither seconds since 1970 nor like 2026-01-31T10:00:00Z")
    if sent is not None and time > sent + MOST_AHEAD:
        raise EventInvalid(f"field {TIME}: {given!r} is more than a day after the message was sent")
    return time


def _seconds(given: Any) -> float | None:
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given.strip())
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None
