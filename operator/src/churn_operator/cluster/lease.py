"""The Lease: of several operators one acts. Losing it ends the process, so that it cannot write afterwards."""

import logging
import os
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
_EXIT_LEASE_LOST = 75


class _Lease(LeaseLock):
    """The library's own `create` fails in 37.0.2: it passes pretty=True where its client insists on a string."""

    async def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        """Whether the Lease is ours now."""
        lease = client.V1Lease(metadata=client.V1ObjectMeta(name=name), spec=self.update_lease(election_record))
        try:
            await self.api_instance.create_namespaced_lease(namespace, lease)
        except ApiException as error:
            logger.warning("the Lease cannot be created: %s", error.reason)
            return False
        return True


async def act_while_leading(
    api: ApiServer, namespace: str, identity: str, act: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Wait for the Lease, then run `act`; exit the process when the Lease is lost or `act` ends."""

    async def act_and_exit() -> None:
        try:
            await act()
        except BaseException:
            logger.exception("the operator ended")
            _exit(1)
        _exit(0)

    async def lost() -> None:
        logger.error("the Lease is lost; another operator may act now")
        _exit(_EXIT_LEASE_LOST)

    settings = electionconfig.Config(
        _Lease(LEASE, namespace, identity, api.client),
        lease_duration=_DURATION_SECONDS,
        renew_deadline=_RENEW_DEADLINE_SECONDS,
        retry_period=_RETRY_SECONDS,
        onstarted_leading=act_and_exit,
        onstopped_leading=lost,
    )
    await leaderelection.LeaderElection(settings).run()


def _exit(code: int) -> None:
    # At once: a graceful end would let a worker finish a write that is no longer ours to make.
    logging.shutdown()
    os._exit(code)
