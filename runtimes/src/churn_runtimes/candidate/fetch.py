"""Gets the operator's word and the tables that it names: bounded in bytes and time, no redirect, no proxy.

The poller's thread calls it.
"""

from dataclasses import dataclass, field

import httpx
from churn_models.errors import ChurnModelsError
from churn_models.traffic import POLL_SECONDS, Traffic

from churn_runtimes.bounded_download import chunks, client_in_time, download, opened
from churn_runtimes.candidate.errors import TableUnavailable
from churn_runtimes.candidate.table_file import LARGEST

_LARGEST_WORD = 65_536
_WORD_SECONDS = 1.0
"""Besides the time that the operator makes a question wait. Two in a row may be lost, the first of them held, and its
word still holds within five seconds."""
_TABLE_SECONDS = 1.5
"""A table is one or two megabytes; the operator is not heard meanwhile, and its word is to hold within five seconds."""


class NotHeard(ChurnModelsError):
    """The operator has not said anything."""


@dataclass(frozen=True)
class Word:
    """What the operator says."""

    traffic: Traffic
    tag: str | None = None
    """By which it knows these words again; None from an operator that is older than questions that wait."""
    is_held: bool = False
    """It makes questions wait that name a tag, so the next one may come at once."""
    address: str = field(default="", compare=False)
    """That has answered: the next question goes there, and the name is not looked up for it."""


def ask(url: str, pod: str, before: Word | None = None) -> Word:
    """The operator's word for this pod: at once, or where one was said before, as soon as it is another one.

    After two seconds at most it is said again. Raises NotHeard for anything else.
    """
    known = before.tag if before else None
    seconds = _WORD_SECONDS + (POLL_SECONDS if known else 0.0)
    try:
        with client_in_time(seconds) as client:
            # Only who has taken the question makes it wait.
            client.timeout = httpx.Timeout(seconds, connect=_WORD_SECONDS)
            named = httpx.URL(url).copy_merge_params({"pod": pod})
            asked = {"host": named.netloc.decode(), "prefer": f"wait={POLL_SECONDS:.0f}"}
            address = str(named.copy_with(host=before.address) if before and before.address else named)
            with opened(client, address, asked | ({"if-none-match": known} if known else {})) as answer:
                # Known while the connection is open.
                at = _address(answer)
                traffic = Traffic.read(b"".join(chunks(answer, address, _LARGEST_WORD)))
                tag = answer.headers.get("etag")
                return Word(traffic, tag, bool(tag) and "preference-applied" in answer.headers, at)
    except (httpx.HTTPError, httpx.InvalidURL, ChurnModelsError, OSError, ValueError) as error:
        raise NotHeard(f"{type(error).__name__}: {error}") from error


def _address(answer: httpx.Response) -> str:
    """Empty where it cannot be told, or TLS wants the name."""
    if answer.url.scheme != "http":
        return ""
    try:
        return str(answer.extensions["network_stream"].get_extra_info("server_addr")[0])
    except OSError:
        return ""


def fetch_table(source: str) -> bytes:
    """A file, whatever it holds. Raises TableUnavailable."""
    try:
        with client_in_time(_TABLE_SECONDS) as client:
            return b"".join(download(client, source, LARGEST))
    except (httpx.HTTPError, httpx.InvalidURL, ChurnModelsError, OSError, ValueError) as error:
        raise TableUnavailable(f"{source} does not give it: {type(error).__name__}: {error}") from error
