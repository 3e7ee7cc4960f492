"""What the topics that a worker writes to take: a broker refuses whole batches for one message that breaks a limit.

Asked of the broker at the start. Where it does not tell, as to users without the right to, Kafka's defaults are taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BYTES = "max.message.bytes"
POLICY = "cleanup.policy"
BEFORE, AFTER = "message.timestamp.before.max.ms", "message.timestamp.after.max.ms"
_BYTES = 1_048_588
_AFTER_MS = 3_600_000
_FOR_EVER = 2**63 - 1
_ENVELOPE = 200
"""Bytes of a batch around its messages, and some more."""
_LEAST_BYTES = 1_000
"""librdkafka takes no less as the largest message."""
_MARGIN_MS = 60_000
"""Clocks differ, and answers wait in queues."""

Settings = Mapping[str, str | None]


@dataclass(frozen=True)
class TopicLimits:
    """Of one topic: bytes of a batch, milliseconds that a timestamp may lie before or after now."""

    most_bytes: int = _BYTES
    before_ms: int = _FOR_EVER
    after_ms: int = _AFTER_MS
    is_compacted: bool = False
    """Keeps the last message of each key, and takes none without a key."""

    @classmethod
    def of(cls, settings: Settings) -> "TopicLimits":
        """As the broker tells them; what it does not tell has Kafka's default."""
        return cls(
            int(settings.get(BYTES) or _BYTES),
            int(settings.get(BEFORE) or _FOR_EVER),
            int(settings.get(AFTER) or _AFTER_MS),
            "compact" in (settings.get(POLICY) or ""),
        )

    def timestamp(self, written: int | None, now: int) -> int | None:
        """The one to write, in milliseconds; None for the time of writing, where this one would be refused."""
        if written is None or not now - self.before_ms + _MARGIN_MS < written < now + self.after_ms - _MARGIN_MS:
            return None
        return written


@dataclass(frozen=True)
class WrittenTopics:
    """Both that a worker writes to."""

    output: TopicLimits = TopicLimits()
    dead_letter: TopicLimits = TopicLimits()

    @property
    def batch_bytes(self) -> int:
        """Of a batch that both take."""
        return max(_LEAST_BYTES, min(self.output.most_bytes, self.dead_letter.most_bytes) - _ENVELOPE)


def limits_of(settings: Sequence[Settings]) -> WrittenTopics:
    """Of the output's and of the dead letters' settings."""
    output, dead_letter = map(TopicLimits.of, settings)
    return WrittenTopics(output, dead_letter)
