"""Reading of what another version of the operator, or of the CRDs, may have written.

Types are strict, because what we write must be right. What is read from the cluster passes through here: an unknown
field or word is left out, with as little around it as possible, and never ends a reconcile.
"""

from typing import Any, TypeVar

from pydantic import ValidationError

from churn_operator.api.base import ApiModel

Kind = TypeVar("Kind", bound=ApiModel)
_Place = tuple[int | str, ...]


def read_tolerantly(kind: type[Kind], data: dict[str, Any]) -> Kind:
    """The value without what cannot be understood. Raises ValidationError where a field that must be there is not."""
    while True:
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            fault = error.errors()[0]
            # What lacks a field is of no use as a whole; anything else is left out by itself.
            place = fault["loc"][:-1] if fault["type"] == "missing" else fault["loc"]
            rest = _without(data, place)
            while rest == data and place:
                place = place[:-1]
                rest = _without(data, place)
            if not place:
                raise
            data = rest


def left_out(kind: type[ApiModel], data: dict[str, Any]) -> tuple[str, ...]:
    """What `read_tolerantly` leaves out though its field is known: each place, and what is wrong there."""
    try:
        kind.model_validate(data)
    except ValidationError as error:
        faults = [fault for fault in error.errors() if fault["type"] != "extra_forbidden"]
        # Of a choice of types each has its own complaint; the first is told.
        places = {_existing(data, fault["loc"]): fault["msg"] for fault in reversed(faults)}
        return tuple(f"{'.'.join(map(str, place)) or 'spec'}: {places[place]}" for place in reversed(places))
    return ()


def _existing(data: Any, place: _Place) -> _Place:
    """The part of the place that lies in the data: the types of a choice are no keys of theirs."""
    if isinstance(data, dict) and place and place[0] in data:
        return (place[0], *_existing(data[place[0]], place[1:]))
    if isinstance(data, list) and place and isinstance(place[0], int):
        return (place[0], *_existing(data[place[0]], place[1:]))
    return ()


def _without(value: Any, place: _Place) -> Any:
    if not place:
        return value
    key, deeper = place[0], place[1:]
    if isinstance(value, list) and isinstance(key, int):
        rest = [_without(value[key], deeper)] if deeper else []
        return [*value[:key], *rest, *value[key + 1 :]]
    if not isinstance(value, dict) or key not in value:
        return value
    if deeper:
        return {**value, key: _without(value[key], deeper)}
    return {name: part for name, part in value.items() if name != key}
