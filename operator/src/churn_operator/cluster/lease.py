"""The Lease: of several operators one acts. Losing it ends the process, so that it cannot write afterwards."""

import logging
import os
from collections.abc import Callable, Coroutine
from typing import Any

from kubernetes.aio.leaderelection import electionconfig, leaderelection
from kubernetes.aio.leaderelection.resourcelock.leaselock import LeaseLock

from churn_operator.cluster.api_server import ApiServer
from churn_operator.names import LEASE

logger = logging.getLogger(__name__)

_DURATION_SECONDS, _RENEW_DEADLINE_SECONDS, _RETRY_SECONDS = 15, 10, 2
_EXIT_LEASE_LOST = 75


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
        LeaseLock(LEASE, namespace, identity, api.client),
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
