"""Times that people write with a unit, `30d` or `24h`, in seconds. The schema and its features of the stream ask."""

import re

_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds_of(text: str) -> float:
    """Raises ValueError for a text that is no duration."""
    if not (parts := _WRITTEN.fullmatch(text)):
        raise ValueError(f"{text!r} is no duration; write a number with s, m, h, d or w, such as 30d")
    return float(parts[1]) * _SECONDS[parts[2]]
