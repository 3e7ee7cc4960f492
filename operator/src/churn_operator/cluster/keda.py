"""KEDA's ScaledObjects, where the cluster has KEDA: it may come and go while the operator runs. `gather` asks it."""

import time
from collections.abc import Callable

from churn_operator.api.manifest import Manifest
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.kinds import SCALED_OBJECT
from churn_operator.errors import NotFound

_AGAIN_SECONDS = 60.0


class Keda:
    """One per operator; all reconciles share for a minute what is known."""

    def __init__(self, api: ApiServer, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._asked: float | None = None
        self._is_there = False

    async def scaled_objects(self, namespace: str, labels: str) -> list[Manifest] | None:
        """Those that this selector takes; None where there is no KEDA. Raises ClusterError."""
        now = self._clock()
        if self._asked is None or now - self._asked >= _AGAIN_SECONDS:
            self._is_there, self._asked = await self._serves(), now
        if not self._is_there:
            return None
        try:
            return await self._api.list(SCALED_OBJECT, namespace, labels)
        except NotFound:
            self._is_there = False
            return None

    async def _serves(self) -> bool:
        try:
            found = await self._api.discover(SCALED_OBJECT)
        except NotFound:
            return False
        return any(one.get("name") == SCALED_OBJECT.plural for one in found.get("resources", []))
