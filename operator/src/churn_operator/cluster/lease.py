"""The Lease: of several operators one acts. `main` holds it for as long as the process runs.

An API server that does not answer ends nobody: the leader stops writing when it could not renew in time, goes on
trying, and ends only when it finds that another operator has taken over. A standby takes over from a leader that it
saw renew nothing for 15 s, of which none were without an answer: after an outage the leader goes on.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Coroutine
from typing import Any

from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.leaderelection import electionconfig, leaderelection
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord
from kubernetes.aio.leaderelection.resourcelock.leaselock import LeaseLock

from churn_operator.cluster.api_server import ApiServer
from churn_operator.errors import Unreachable
from churn_operator.metrics import LEADER
from churn_operator.names import LEASE

logger = logging.getLogger(__name__)

_DURATION_SECONDS, _RENEW_DEADLINE_SECONDS, _RETRY_SECONDS = 15, 10, 2
_ATTEMPT_SECONDS = 4
"""For both requests of one attempt: two attempts that hang leave time for a third before the deadline."""
_GIVE_BACK_SECONDS = 3
_EXIT_LEASE_LOST = 75
_NOT_FOUND, _CONFLICT = 404, 409

# Its own words at every attempt; ours come when something has changed.
logging.getLogger("kubernetes.aio.leaderelection").setLevel(logging.CRITICAL)


class Lease(LeaseLock):
    """The library's lock, plus what it lacks: no writes after a missed renewal, and a release at shutdown."""

    def __init__(self, namespace: str, identity: str, api: client.ApiClient) -> None:
        super().__init__(LEASE, namespace, identity, api)
        self.renewed: float | None = None
        """When the last renewal that succeeded was begun, by the monotonic clock."""
        self.failure: str | None = None
        """Why the attempt that runs has failed, in a sentence; none where another operator holds the Lease."""
        self.problem: str | None = "the Lease was not tried for yet"
        """The failure of the last whole attempt, for /readyz."""
        self._given_back = False

    def seconds_left(self) -> float:
        """For how long a write may take that begins now. Raises Unreachable when another operator may act by now."""
        left = -1.0 if self.renewed is None else self.renewed + _RENEW_DEADLINE_SECONDS - time.monotonic()
        if left <= 0:
            raise Unreachable(f"the Lease was not renewed within {_RENEW_DEADLINE_SECONDS} s: nothing is written")
        return left

    async def get(
        self, name: str, namespace: str
    ) -> tuple[bool, LeaderElectionRecord] | tuple[bool, Exception] | tuple[bool, None]:
        """Whether the Lease exists, with its record, or why it cannot be read."""
        answer = await super().get(name, namespace)
        if isinstance(answer[1], ApiException) and answer[1].status != _NOT_FOUND:
            self._failed("read", answer[1])
        return answer

    async def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        """Whether the Lease is ours now. The library's own fails in 37.0.2: pretty=True where a string must be."""
        began = time.monotonic()
        lease = client.V1Lease(metadata=client.V1ObjectMeta(name=name), spec=self.update_lease(election_record))
        try:
            await self.api_instance.create_namespaced_lease(namespace, lease)
        except ApiException as error:
            return self._failed("created", error)
        self.renewed = began
        return True

    async def update(self, name: str, namespace: str, updated_record: LeaderElectionRecord) -> bool:
        """Whether the Lease is ours now, or still."""
        if self._given_back or self.lease_reference is None:
            return False
        began = time.monotonic()
        self.lease_reference.spec = self.update_lease(updated_record, self.lease_reference.spec)
        try:
            await self.api_instance.replace_namespaced_lease(name, namespace, self.lease_reference)
        except ApiException as error:
            return self._failed("renewed", error)
        self.renewed = began
        return True

    async def give_back(self) -> None:
        """Let the next operator act at once, not only when the Lease has run out."""
        self._given_back = True
        try:
            async with asyncio.timeout(_GIVE_BACK_SECONDS):
                lease = await self.api_instance.read_namespaced_lease(LEASE, self.namespace)
                if lease.spec and lease.spec.holder_identity == self.identity:
                    lease.spec = client.V1LeaseSpec()
                    await self.api_instance.replace_namespaced_lease(LEASE, self.namespace, lease)
        except Exception as error:
            # It runs out by itself; nothing that goes wrong here may keep the process.
            logger.warning("the Lease could not be given back: %r", error)

    def _failed(self, done: str, error: ApiException) -> bool:
        # Somebody else was faster: that is how a Lease works.
        if error.status != _CONFLICT:
            self.failure = f"the Lease {self.namespace}/{LEASE} cannot be {done}: {error.status} {error.reason}"
        return False


async def act_while_leading(
    api: ApiServer, lease: Lease, act: Callable[[], Coroutine[Any, Any, None]], told_to_end: asyncio.Event
) -> None:
    """Try for the Lease until `told_to_end`; once it is ours, run `act` and exit the process when that ends.

    Exits with 75 when another operator has the Lease.
    """

    async def act_and_exit() -> None:
        try:
            await act()
        except BaseException:
            logger.exception("the operator ended")
            _exit(1)
        await lease.give_back()
        _exit(0)

    election = _election(lease)
    acting: asyncio.Task[None] | None = None
    while acting or not told_to_end.is_set():
        held = await _attempt(election, lease)
        if held and acting is None:
            api.before_write = lease.seconds_left
            acting = asyncio.create_task(act_and_exit())
            LEADER.set(1)
        elif acting and not held and _belongs_to_another(election, lease):
            logger.error("the Lease is lost; another operator acts now")
            _exit(_EXIT_LEASE_LOST)
        await (asyncio.sleep(_RETRY_SECONDS) if acting else _wait(told_to_end))


async def _attempt(election: leaderelection.LeaderElection, lease: Lease) -> bool:
    """Take or renew the Lease once, within its time; whatever fails is tried again, and logged when it is new."""
    lease.failure, held = None, False
    try:
        async with asyncio.timeout(_ATTEMPT_SECONDS):
            held = bool(await election.try_acquire_or_renew())
    except Exception as error:
        # Refused, reset or timed out (the library maps none of them), or an answer that is no Lease.
        lease.failure = f"the API server does not answer for the Lease: {error!r}"
    if lease.failure:
        # A standby that saw nothing for a while knows nothing of the leader: its time to renew begins anew.
        election.observed_record = None
        if lease.failure != lease.problem:
            logger.warning("%s", lease.failure)
    lease.problem = lease.failure
    return held


def _election(lease: Lease) -> leaderelection.LeaderElection:
    async def unused() -> None:
        """Stand for the library's callbacks, which its own loop alone would call."""

    return leaderelection.LeaderElection(
        electionconfig.Config(lease, _DURATION_SECONDS, _RENEW_DEADLINE_SECONDS, _RETRY_SECONDS, unused, unused)
    )


def _belongs_to_another(election: leaderelection.LeaderElection, lease: Lease) -> bool:
    record = election.observed_record
    return record is not None and record.holder_identity not in (None, lease.identity)


async def _wait(told_to_end: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_RETRY_SECONDS):
            await told_to_end.wait()
    except TimeoutError:
        pass


def _exit(code: int) -> None:
    # At once: a graceful end would let a worker finish a write that is no longer ours to make.
    logging.shutdown()
    os._exit(code)
