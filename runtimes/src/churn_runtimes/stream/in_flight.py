"""Which messages have been answered for good: what may be committed while later answers are still on their way.

Answers are confirmed partition by partition of the output, so a batch of input can be done before an earlier one. Only
what lies before the first open batch is committed: a crash repeats answers and never loses one.
"""

from collections import deque
from collections.abc import Collection, Mapping
from typing import Any


class Sent:
    """One batch under way: the offset after its last message in each partition, and when its oldest was written."""

    __slots__ = ("ends", "failure", "oldest", "waiting")

    def __init__(self, ends: Mapping[int, int], answers: int, oldest: float) -> None:
        self.ends = ends
        self.waiting = answers
        self.oldest = oldest
        self.failure: Any = None

    def delivered(self, error: Any, _: Any) -> None:
        """Called once for each answer: by the client of Kafka, in the thread that polls it."""
        if error is None:
            self.waiting -= 1
        elif self.failure is None:
            self.failure = error


class InFlight:
    """All batches of one worker, the oldest first."""

    def __init__(self) -> None:
        self._batches: deque[Sent] = deque()

    def __bool__(self) -> bool:
        return bool(self._batches)

    def send(self, ends: Mapping[int, int], answers: int, oldest: float) -> Sent:
        """A batch that is about to be sent."""
        self._batches.append(Sent(ends, answers, oldest))
        return self._batches[-1]

    def failure(self) -> Any:
        """Of an answer that will never be delivered; None where there is none."""
        return next((batch.failure for batch in self._batches if batch.failure is not None), None)

    def take_done(self) -> list[Sent]:
        """The batches before the first open one; they are forgotten here."""
        done = []
        while self._batches and self._batches[0].waiting == 0:
            done.append(self._batches.popleft())
        return done

    def forget(self, partitions: Collection[int]) -> None:
        """These are another worker's from now on: nothing of them is committed here."""
        for batch in self._batches:
            batch.ends = {number: end for number, end in batch.ends.items() if number not in partitions}
