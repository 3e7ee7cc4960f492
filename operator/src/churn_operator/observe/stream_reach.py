"""Where a worker of spec.stream was told to go, read from its arguments: one NetworkPolicy holds for workers of the
template before, too, and must not cut them off by what a changed spec says. `read_stream` collects it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pydantic import ValidationError

from churn_operator.api.manifest import Manifest
from churn_operator.api.state import State
from churn_operator.names import STREAM_CONTAINER

_PORT = re.compile(r":([1-9][0-9]{0,4})(?:,|$)")


@dataclass(frozen=True)
class StreamReach:
    """Of one worker, or of several."""

    ports: frozenset[int] = frozenset()
    """On which brokers are reached."""
    states: frozenset[str] = frozenset()
    """URLs of state stores."""

    def plus(self, other: "StreamReach") -> "StreamReach":
        """What either reaches."""
        return StreamReach(self.ports | other.ports, self.states | other.states)


def read_stream_reach(worker: Manifest) -> StreamReach:
    """Of a pod, or of a template. What another version of the operator may have written otherwise is left out."""
    containers = worker["spec"]["containers"]
    words = next((one.get("args") or [] for one in containers if one["name"] == STREAM_CONTAINER), [])
    url = _after(words, "--state")
    ports = (int(port) for port in _PORT.findall(_after(words, "--brokers")))
    return StreamReach(frozenset(port for port in ports if port <= 65535), frozenset([url] if _is_store(url) else []))


def _after(words: Sequence[str], option: str) -> str:
    """The argument that follows; empty where there is none."""
    return next((value for word, value in pairwise(words) if word == option), "")


def _is_store(url: str) -> bool:
    try:
        State(url=url)
    except ValidationError:
        return False
    return True
