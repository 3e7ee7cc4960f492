"""Peer: an orchestrator in stock MLServer that asks three more MLServers, one per member, over V2 REST at once."""

import asyncio

import aiohttp
import numpy as np
import orjson
from bench.peers.mlserver_runtime import MatrixRuntime
from churn_models.combine import Scores
from mlserver.types import InferenceRequest, InferenceResponse

_KEEP_ALIVE_SECONDS = 2.0
"""MLServer's own is five."""


class FanOut(MatrixRuntime):
    """Sends the rows on and averages; the model settings list the members' addresses."""

    async def load(self) -> bool:
        """Keep connections to every member."""
        self._members: list[str] = self._settings.parameters.extra["members"]
        # Shorter than the members keep an idle connection: both stand still while others are asked, and one that has
        # been closed meanwhile would fail a request.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS)
        self._session = aiohttp.ClientSession(connector=connector)
        return True

    async def unload(self) -> bool:
        """Close them."""
        await self._session.close()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Ask all members at the same time."""
        tensor = payload.inputs[0]
        sent = {"name": tensor.name, "datatype": tensor.datatype, "shape": tensor.shape, "data": tensor.data.root}
        body = orjson.dumps({"inputs": [sent]})
        answers = await asyncio.gather(*(self._ask(url, body) for url in self._members))
        return self.answer(np.mean(answers, axis=0, dtype=np.float64))

    async def _ask(self, url: str, body: bytes) -> Scores:
        async with self._session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
            answer.raise_for_status()
            return np.array(orjson.loads(await answer.read())["outputs"][0]["data"], dtype=np.float64)
