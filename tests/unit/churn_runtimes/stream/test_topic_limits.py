"""What a topic does not take is known before it is written: a broker refuses the whole batch, again and again."""

from collections.abc import Mapping

import pytest
from churn_runtimes.stream.dead_letter import dead_letter, refused
from churn_runtimes.stream.kafka.configuration import producer_configuration
from churn_runtimes.stream.kafka.topic_limits import AFTER, BEFORE, BYTES, POLICY, TopicLimits, limits_of
from churn_runtimes.stream.message import Outgoing
from churn_runtimes.stream.settings import StreamSettings, Topics
from support.stream_messages import Received

NOW = 1_800_000_000_000
HOUR = 3_600_000
TIMESTAMPS: dict[str, tuple[Mapping[str, str | None], int | None, bool]] = {
    "now": ({}, NOW, True),
    "none": ({}, None, False),
    "of years ago": ({}, NOW - 50_000 * HOUR, True),
    "in microseconds by mistake": ({}, NOW * 1_000, False),
    "in two hours": ({}, NOW + 2 * HOUR, False),
    "in two hours, where the topic takes it": ({AFTER: str(9 * HOUR)}, NOW + 2 * HOUR, True),
    "older than the topic takes": ({BEFORE: str(HOUR)}, NOW - HOUR, False),
}


@pytest.mark.parametrize(("settings", "written", "is_kept"), TIMESTAMPS.values(), ids=TIMESTAMPS)
def test_a_timestamp_that_would_be_refused_is_not_kept(
    settings: Mapping[str, str | None], written: int | None, is_kept: bool
) -> None:
    assert TopicLimits.of(settings).timestamp(written, NOW) == (written if is_kept else None)


def test_batches_are_no_larger_than_both_topics_take() -> None:
    limits = limits_of([{BYTES: "60000", POLICY: "compact,delete"}, {}])
    assert (limits.output.is_compacted, limits.dead_letter.is_compacted) == (True, False)
    settings = StreamSettings("host:1", Topics("in", "out", "dead"), "churn", client={"batch.size": "5"})
    found = producer_configuration(settings, limits)
    assert (found["message.max.bytes"], found["batch.size"]) == (59_800, "5")
    assert producer_configuration(settings, limits_of([{BYTES: "7"}, {}]))["message.max.bytes"] == 1_000


def test_what_is_left_of_an_answer_that_is_refused() -> None:
    answer = Outgoing(b"key", b"12345", [("churn-source", b"in/0/1"), ("ce_id", b"x")], NOW)
    dead = refused(answer, "too large")
    assert (dead.is_dead, dead.key, dead.value, dead.timestamp) == (True, None, None, NOW)
    assert dict(dead.headers) == {"churn-error": b"too large", "churn-source": b"in/0/1", "churn-size": b"5"}
    letter = refused(dead_letter(Received(b"[]"), "a list"), "too large")
    assert dict(letter.headers)["churn-error"] == b"a list"
