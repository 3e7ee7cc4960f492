"""How each of the worker's clients of Kafka is made, and what becomes of what it says of its connections.

A client connects in the background and tries for ever, so a wrong password shows in its complaints alone.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException

from churn_runtimes.stream.errors import ConfigInvalid
from churn_runtimes.stream.life import Life

logger = logging.getLogger(__name__)

_REFUSALS = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL})
_REFUSED_SECONDS = 5.0
"""A broker that is ending or beginning may break off a handshake, which looks the same."""
_APART_SECONDS = 30.0
"""Attempts come ten seconds after each other at most; what is further apart has connected in between."""
_AGAIN_SECONDS = 10.0

Client = TypeVar("Client")


class Complaints:
    """Of one client: told once in ten seconds for each kind, and the end of `life` where waiting mends nothing."""

    def __init__(self, life: Life, clock: Callable[[], float] = time.monotonic) -> None:
        self._life = life
        self._clock = clock
        self._told: dict[int, float] = {}
        self._first = self._last = float("-inf")

    def __call__(self, error: KafkaError) -> None:
        """Called by the client, in the thread that polls it."""
        now, code = self._clock(), error.code()
        if now - self._told.get(code, float("-inf")) >= _AGAIN_SECONDS:
            self._told[code] = now
            logger.warning("Kafka: %s", error.str())
        if code in _REFUSALS:
            if now - self._last > _APART_SECONDS:
                self._first = now
            self._last = now
            if now - self._first >= _REFUSED_SECONDS:
                self._life.fail(f"Kafka does not let this worker in: {error.str()}")


def made(kind: Callable[[dict[str, Any]], Client], configuration: dict[str, Any], life: Life) -> Client:
    """A client of this kind. Raises ConfigInvalid where librdkafka refuses a setting or cannot read a certificate."""
    try:
        return kind({**configuration, "error_cb": Complaints(life)})
    except KafkaException as error:
        raise ConfigInvalid(f"the settings of Kafka's client: {error.args[0].str()}") from error
