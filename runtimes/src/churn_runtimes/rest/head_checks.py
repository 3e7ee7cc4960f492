"""What is refused before anybody reads a request's body: decisions about a head, without effects.

The bounded app asks for every request that the connection has not answered; the connection does the same for the few
things that the fast path has to know.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from churn_runtimes.limits import Limits

Headers = Iterable[tuple[bytes, bytes]]

HEADER_LENGTH = b"inference-header-content-length"
"""The request's binary extension: how many bytes of the body are JSON."""


@dataclass(frozen=True)
class Refusal:
    """What the client gets instead of an answer; `closes` when reading on would cost more than the connection."""

    status: HTTPStatus
    message: str
    closes: bool = False


def refuse(path: str, headers: Headers, limits: Limits) -> Refusal | None:
    """The first rule that the head breaks."""
    named = dict(headers)
    if path.startswith("/v2/repository") and path != "/v2/repository/index":
        return Refusal(HTTPStatus.NOT_FOUND, "models cannot be loaded or unloaded here; deploy another ChurnModel")
    if named.get(b"content-encoding", b"identity").lower() != b"identity":
        return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "compressed bodies are not read", closes=True)
    length = named.get(b"content-length", b"0")
    if not length.isdigit():
        return Refusal(HTTPStatus.BAD_REQUEST, "Content-Length is no number", closes=True)
    if int(length) > limits.body:
        return too_large(limits)
    return None


def is_inference(path: str) -> bool:
    """Whether the path, decoded, is one that scores are asked for at, of whatever model and by whatever method."""
    return path.startswith("/v2/models/") and path.endswith("/infer")


def too_large(limits: Limits) -> Refusal:
    """For a body that says, or turns out, to be larger than the limit."""
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body is larger than {limits.body} bytes; send fewer rows",
        closes=True,
    )
