"""An Event that cannot be written fails no reconcile: the status has told the same already."""

import asyncio
from typing import Any, cast

from churn_operator.api.status import Decision
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.events import tell_decision
from churn_operator.errors import Forbidden
from support.observations import NOW, model


class _NoEvents:
    """An API server that lets nobody write Events."""

    def __init__(self) -> None:
        self.asked = 0

    async def create(self, *_: Any) -> None:
        """Deny."""
        self.asked += 1
        raise Forbidden('User "churn-operator" cannot create resource "events"')


def test_a_denied_event_is_lost_and_no_more() -> None:
    api = _NoEvents()
    decision = Decision(time=NOW, action="Promoted", version="1", message="every pod serves it")
    asyncio.run(tell_decision(cast(ApiServer, api), model(), decision))
    assert api.asked == 1
