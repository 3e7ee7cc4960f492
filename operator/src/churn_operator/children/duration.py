"""Durations as a spec writes them, in what Kubernetes and our command lines count in."""

import re

_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


def milliseconds(duration: str) -> int:
    """A duration such as 250ms, 90s, 5m or 1h, in milliseconds."""
    matched = re.fullmatch(r"([0-9]+)(ms|s|m|h)", duration)
    assert matched, "the CRD lets no other duration pass"
    return int(matched[1]) * _MILLISECONDS[matched[2]]


def seconds(duration: str) -> int:
    """A duration in whole seconds, rounded down."""
    return milliseconds(duration) // 1_000
