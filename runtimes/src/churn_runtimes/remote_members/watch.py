"""Which members answer, asked every second beside the requests, so that readiness says what is true now.

One row goes through the whole way that requests take. A deadline that a busy member misses once does not count
here: taking all pods of a busy ensemble out of service would make it busier.
"""

import asyncio
import itertools
import logging
from collections.abc import Sequence

from churn_models.encoding import Matrix

from churn_runtimes.remote_members.client import MemberClient
from churn_runtimes.remote_members.failure import MemberFailed
from churn_runtimes.remote_members.metrics import MEMBER_ANSWERS

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_DEADLINE_SECONDS = 1.0
_RENEW_ROUNDS = 30


class Watch:
    """Start with `start` inside the running loop; it runs until `stop`."""

    def __init__(self, clients: Sequence[MemberClient], row: Matrix) -> None:
        self._clients = clients
        self._row = row
        self._answering = {client.member: True for client in clients}

    @property
    def answering(self) -> int:
        """How many members answered when they were last asked."""
        return sum(self._answering.values())

    def start(self) -> None:
        """Begin to ask."""
        self._tasks = [asyncio.create_task(self._follow(client)) for client in self._clients]

    async def stop(self) -> None:
        """Ask no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, client: MemberClient) -> None:
        for number in itertools.count():
            await self._check(client, renews=number % _RENEW_ROUNDS == _RENEW_ROUNDS - 1)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _check(self, client: MemberClient, renews: bool) -> None:
        try:
            if renews:
                await client.renew()
            await client.score(self._row, _DEADLINE_SECONDS)
            answers, why = True, ""
        except MemberFailed as failure:
            answers, why = False, str(failure)
        except Exception as error:
            # A task that ended here would leave the last word of readiness standing for ever.
            logger.exception("member %s could not be asked", client.member)
            answers, why = False, f"{client.member}: {error}"
        MEMBER_ANSWERS.labels(client.member).set(answers)
        if answers != self._answering[client.member]:
            logger.warning("member %s", f"{client.member} answers again" if answers else why)
        self._answering[client.member] = answers
