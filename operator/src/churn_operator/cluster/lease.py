"""The Lease: of several operators one acts. Losing it ends the process, so that it cannot write afterwards."""

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
from churn_operator.names import LEASE

logger = logging.getLogger(__name__)

_DURATION_SECONDS, _RENEW_DEADLINE_SECONDS, _RETRY_SECONDS = 15, 10, 2
_GIVE_BACK_SECONDS = 3
_EXIT_LEASE_LOST = 75


class _Lease(LeaseLock):
    """The library's LeaseLock plus what it lacks: no writes after a missed renewal, and a release at shutdown."""

    def __init__(self, namespace: str, identity: str, api: client.ApiClient) -> None:
        super().__init__(LEASE, namespace, identity, api)
        self._renewed: float | None = None
        self._given_back = False

    def check(self) -> None:
        """End the process when the Lease was not renewed in time: another operator may act by now.

        A process that was stopped and goes on finds out here, before it writes; the library would try to renew first.
        """
        if self._renewed is not None and time.monotonic() - self._renewed > _RENEW_DEADLINE_SECONDS:
            _lose()

    async def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        """Whether the Lease is ours now. The library's own fails in 37.0.2: pretty=True where a string must be."""
        began = time.monotonic()
        lease = client.V1Lease(metadata=client.V1ObjectMeta(name=name), spec=self.update_lease(election_record))
        try:
            await self.api_instance.create_namespaced_lease(namespace, lease)
        except ApiException as error:
            logger.warning("the Lease cannot be created: %s", error.reason)
            return False
        self._renewed = began
        return True

    async def update(self, name: str, namespace: str, updated_record: LeaderElectionRecord) -> bool:
        """Whether the Lease is ours now, or still."""
        began = time.monotonic()
        if self._given_back or not await super().update(name, namespace, updated_record):
            return False
        self._renewed = began
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


async def act_while_leading(
    api: ApiServer, namespace: str, identity: str, act: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Wait for the Lease, then run `act`; exit the process when the Lease is lost or `act` ends."""
    lease = _Lease(namespace, identity, api.client)
    api.before_write = lease.check

    async def act_and_exit() -> None:
        try:
            await act()
        except BaseException:
            logger.exception("the operator ended")
            _exit(1)
        await lease.give_back()
        _exit(0)

    async def lost() -> None:
        _lose()

    settings = electionconfig.Config(
        lease,
        lease_duration=_DURATION_SECONDS,
        renew_deadline=_RENEW_DEADLINE_SECONDS,
        retry_period=_RETRY_SECONDS,
        onstarted_leading=act_and_exit,
        onstopped_leading=lost,
    )
    await leaderelection.LeaderElection(settings).run()


def _lose() -> None:
    logger.error("the Lease is lost; another operator may act now")
    _exit(_EXIT_LEASE_LOST)


def _exit(code: int) -> None:
    # At once: a graceful end would let a worker finish a write that is no longer ours to make.
    logging.shutdown()
    os._exit(code)
