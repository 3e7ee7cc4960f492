"""What the metrics port gives of candidates: /tables/<sha256> to other pods, /state to the operator."""

from collections.abc import Callable
from secrets import token_hex

from churn_models.digest import Digest
from churn_models.traffic import State
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from churn_runtimes.candidate.follower import Follower
from churn_runtimes.candidate.seen import seen_by
from churn_runtimes.serving import serving_now
from churn_runtimes.transfers import Transfers

TABLE_PATH = "/tables/{sha256}"
STATE_PATH = "/state"


class Offers:
    """Of one server: an ASGI app for TABLE_PATH, and `state` for STATE_PATH."""

    def __init__(self, model: str, version: str | None, digest: Digest) -> None:
        self._own = State(instance=token_hex(8), model=model, version=version or "", digest=digest)
        self._transfers = Transfers()
        self.follower: Follower | None = None
        """None until the model is loaded, or where no candidate can be tried beside it."""
        self.none_because = "the model is not loaded yet"
        self.not_scores: Callable[[], int] = int
        """Rows that the own bundle has given no score; none before it is loaded."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the file of a table that is held, the own one included."""
        table = self.follower.tables.get(scope["path_params"]["sha256"]) if self.follower else None
        file = Response(table.content, media_type="application/octet-stream") if table else None
        await self._transfers.give(file, scope, receive, send)

    async def state(self, request: Request) -> Response:
        """What this server does, and what it has seen."""
        return Response(self.now().model_dump_json(), media_type="application/json")

    def now(self) -> State:
        """The same as values."""
        follower, serving = self.follower, serving_now(self.not_scores())
        if follower is None:
            return self._own.model_copy(update={"holds_none_because": self.none_because, "serving": serving})
        return self._own.model_copy(update=seen_by(self._own.model, follower) | {"serving": serving})
