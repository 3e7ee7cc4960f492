"""Questions to /traffic that wait until their answer is another one: `traffic_server` holds them, a `say` wakes them.

So a word is in the pods as soon as it is said, and not at their next question.
"""

import asyncio
from collections.abc import Collection
from hashlib import sha256

from churn_models.traffic import Traffic

from churn_operator.errors import NotFound, Unreachable
from churn_operator.queue import Key
from churn_operator.traffic_board import TrafficBoard

MOST_HELD = 512
"""At once: half of the connections that `bounded_server` takes. With more, whoever comes is answered at once, and asks
again after its usual time: for those the other half is plenty."""


class HeldQuestions:
    """About what one board says."""

    def __init__(self, board: TrafficBoard) -> None:
        self._board = board
        self._held = 0

    @property
    def has_room(self) -> bool:
        """For one more."""
        return self._held < MOST_HELD

    async def until_news(self, key: Key, pod: str, known: Collection[str], seconds: float) -> None:
        """Return once this pod's word has none of the known tags, nobody can say it any more, or the time is over.

        A word that grows too old meanwhile wakes nobody: the answer, made afterwards, is none.
        """
        self._held += 1
        try:
            async with asyncio.timeout(seconds):
                # Others than this pod may be meant by a change.
                while tag_of(self._board.answer(key, pod)) in known:
                    await self._board.change(key)
        except (TimeoutError, Unreachable, NotFound):
            pass
        finally:
            self._held -= 1


def tag_of(traffic: Traffic) -> str:
    """Names the text of a word: the entity tag of its answer."""
    return sha256(traffic.model_dump_json().encode()).hexdigest()[:32]
