"""What the metrics port gives of candidates: /tables/<sha256> to other pods, /state to the operator."""

from collections.abc import Callable
from secrets import token_hex

from churn_models.digest import Digest
from churn_models.traffic import HeldTable, InForce, State, VersionCounts
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from churn_runtimes.answer_counts import answers_of
from churn_runtimes.candidate.follower import Follower
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.tally import Scoring
from churn_runtimes.candidate.trial import Trial
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
        trial = follower.trial
        seen = {
            "held": tuple(_held(table) for table in follower.tables.values()),
            "not_held": follower.not_held,
            "in_force": None if trial is None else _in_force(trial),
            "versions": _versions(self._own.model, follower),
            "serving": serving,
            "pairs": tuple(tally.pairs() for tally in follower.tallies.values()),
        }
        return self._own.model_copy(update=seen)


def _held(table: PackedTable) -> HeldTable:
    return HeldTable(sha256=table.sha256, digest=table.digest, version=table.version)


def _in_force(trial: Trial) -> InForce:
    is_in_force = trial.is_in_force
    return InForce(
        generation=trial.traffic.generation,
        candidate=trial.candidate.sha256,
        weight=trial.traffic.weight if is_in_force else 0,
        sample=trial.traffic.sample if is_in_force else 0,
        previous=trial.traffic.previous,
        silent_seconds=trial.silent_seconds,
        is_breaker_open=trial.breaker.is_open,
    )


def _versions(model: str, follower: Follower) -> tuple[VersionCounts, ...]:
    scorings = [(tally.candidate, *tally.scorings()) for tally in follower.tallies.values()]
    own = follower.loaded.table
    found = [_counts(model, own, [stable for _, stable, _ in scorings])]
    for table in follower.tables.values():
        if table is not own:
            found.append(_counts(model, table, [other for candidate, _, other in scorings if candidate is table]))
    return tuple(found)


def _counts(model: str, table: PackedTable, scorings: list[Scoring]) -> VersionCounts:
    answers = answers_of(model, table.version)
    return VersionCounts(
        version=table.version,
        digest=table.digest,
        requests=answers.successes,
        rows=answers.rows,
        **Scoring.sum_of(scorings).counts(),
    )
