"""The routes of the labels' process. Whoever has the token may write; reports name no customer, so they need none."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from churn_models.errors import DataUnreadable
from churn_models.identity_key import is_sampled
from churn_models.labels.judged_rows import JudgedRow, JudgedRows
from churn_models.labels.report import LabelReport, report_on
from churn_models.labels.spoken import Outcome, Outcomes, Prediction, Predictions
from churn_models.tables.label_store import Question
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from churn_runtimes.labels.requests import Asked, Refused, check_token, read_body, read_query

_RETRY_SECONDS = "30"

Clock = Callable[[], datetime]


class Store(Protocol):
    """What of `churn_models.tables.label_store.LabelStore` is used here."""

    def write_outcomes(self, outcomes: tuple[Outcome, ...]) -> None:
        """Idempotent."""

    def write_predictions(self, predictions: tuple[Prediction, ...]) -> None:
        """Idempotent."""

    def judged(self, question: Question) -> list[JudgedRow]:
        """In the order in which labels became known."""

    def new_labels(self, question: Question) -> int:
        """Of customers scored since `question.since`."""


@dataclass(frozen=True)
class Labels:
    """What the process was started with."""

    store: Store
    token_file: Path
    sample: float
    """Share of the customers whose predictions are kept, of those that are posted."""
    predictions_token_file: Path | None = None
    """Of who may post predictions and nothing else: serving pods."""
    clock: Clock = lambda: datetime.now(UTC)


def labels_app(labels: Labels) -> Starlette:
    """All routes."""
    one_report = asyncio.Semaphore(1)  # each reads up to half a million rows

    async def outcomes(request: Request) -> Response:
        check_token(request, labels.token_file)
        batch = await read_body(request, Outcomes)
        _refuse_the_future(labels, batch.outcomes)
        await run_in_threadpool(labels.store.write_outcomes, batch.outcomes)
        return JSONResponse({"taken": len(batch.outcomes)})

    async def predictions(request: Request) -> Response:
        check_token(request, labels.token_file, labels.predictions_token_file)
        batch = await read_body(request, Predictions)
        _refuse_the_future(labels, batch.predictions)
        kept = tuple(one for one in batch.predictions if is_sampled(int(one.hashed, 16), labels.sample))
        if kept:
            await run_in_threadpool(labels.store.write_predictions, kept)
        return JSONResponse({"taken": len(kept), "left_out": len(batch.predictions) - len(kept)})

    async def report(request: Request) -> Response:
        asked = read_query(request)
        async with one_report:
            found = await run_in_threadpool(_report, labels, request.path_params["model"], asked)
        return Response(found.model_dump_json(), media_type="application/json")

    async def alive(_: Request) -> Response:
        return Response("ok")

    return Starlette(
        routes=[
            Route("/v1/outcomes", _told(outcomes), methods=["POST"]),
            Route("/v1/predictions", _told(predictions), methods=["POST"]),
            Route("/v1/reports/{model}", _told(report)),
            Route("/healthz", alive),
        ]
    )


def _report(labels: Labels, model: str, asked: Asked) -> LabelReport:
    question = asked.question(model, labels.clock())
    rows = JudgedRows.of(labels.store.judged(question), asked.horizon)
    return report_on(
        rows,
        model=model,
        digest=asked.digest,
        previous=asked.previous,
        new_labels=labels.store.new_labels(question),
        baseline=asked.baseline,
    )


def _refuse_the_future(labels: Labels, said: tuple[Outcome, ...] | tuple[Prediction, ...]) -> None:
    """A label of tomorrow would count as mature for ever. Clocks may differ by an hour."""
    latest = labels.clock() + timedelta(hours=1)
    if any(one.time > latest for one in said):
        raise Refused(400, "a time lies in the future")


def _told(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """What goes wrong, in words."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except Refused as refused:
            return JSONResponse({"error": str(refused)}, status_code=refused.status)
        except DataUnreadable as error:
            return JSONResponse({"error": str(error)}, status_code=503, headers={"Retry-After": _RETRY_SECONDS})

    return answered
