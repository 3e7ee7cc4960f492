"""What a request to the labels' process must be before anything of it is believed: its token, its size, its shape."""

import hmac
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

from churn_models.digest import Digest
from churn_models.frozen_model import FrozenModel, describe
from churn_models.tables.label_store import Question
from pydantic import AwareDatetime, BeforeValidator, Field, ValidationError
from starlette.requests import Request

LARGEST_BODY = 2 << 20
"""Bytes: a batch of the largest size with room to spare."""
_YEARS = 5 * 366 * 86_400.0

Body = TypeVar("Body", bound=FrozenModel)


class Refused(Exception):
    """With the status and the words that the client gets."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def _spans(text: object) -> object:
    return [span.split("/") for span in text.split(",") if span] if isinstance(text, str) else text


Span = tuple[AwareDatetime, AwareDatetime]


class Asked(FrozenModel):
    """The query of `GET /v1/reports/<model>`."""

    digest: Digest
    previous: Digest | None = None
    horizon: Annotated[float, Field(gt=0, le=_YEARS)]
    """Seconds from a score to its label."""
    baseline: Annotated[float, Field(gt=0, lt=1)] | None = None
    """AUC of the rows that judged the version in training."""
    since: AwareDatetime = datetime(1970, 1, 1, tzinfo=UTC)
    """From when on labels are new to training."""
    unfit: Annotated[tuple[Span, ...], BeforeValidator(_spans), Field(max_length=64)] = ()
    """`A/B,C/D`: from when to when rows were broken. Predictions of that time count for nothing."""

    def question(self, model: str, now: datetime) -> Question:
        """To the store."""
        return Question(model, self.digest, self.previous, self.horizon, now, self.since, self.unfit)


def check_token(request: Request, token_file: Path, another: Path | None = None) -> None:
    """One of the tokens has to be given. Raises Refused.

    The files are read for every request, so that a changed Secret counts at once. The other one need not be there.
    """
    try:
        tokens = [token_file.read_text(encoding="utf-8").strip()]
    except OSError as error:
        raise Refused(503, f"the token cannot be read: {error.strerror}") from error
    if another is not None:
        with suppress(OSError):
            tokens.append(another.read_text(encoding="utf-8").strip())
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    known = [hmac.compare_digest(given.strip().encode(), token.encode()) for token in tokens if token]
    if kind.lower() != "bearer" or not any(known):
        raise Refused(401, "a bearer token is needed: Authorization: Bearer …")


async def read_body(request: Request, shape: type[Body]) -> Body:
    """Raises Refused."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BODY:
            raise Refused(413, f"a batch has {LARGEST_BODY} bytes at most: send several")
    try:
        return shape.model_validate_json(bytes(content))
    except ValidationError as error:
        raise Refused(400, describe(error)[:1_000]) from error


def read_query(request: Request) -> Asked:
    """Raises Refused."""
    try:
        return Asked.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise Refused(400, describe(error)[:1_000]) from error
