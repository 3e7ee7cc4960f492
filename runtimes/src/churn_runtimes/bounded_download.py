"""Files from whoever offers them, with bounds of bytes and time: bundles of other pods, and packed tables."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import httpx
from churn_models.errors import ChurnModelsError

_NONE: Mapping[str, str] = {}


class DownloadFailed(ChurnModelsError):
    """Not the file: another answer, one that is too long, or one that takes too long."""


@contextmanager
def in_time(client: httpx.Client, seconds: float) -> Iterator[None]:
    """End whatever the client does after so long: its own limits begin anew with every byte, headers' bytes too."""
    over = threading.Event()

    def end() -> None:
        over.set()
        client.close()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    # httpx calls the use of a closed client a RuntimeError.
    except (httpx.HTTPError, ChurnModelsError, OSError, RuntimeError) as error:
        if over.is_set():
            raise _too_late(seconds) from error
        raise
    finally:
        timer.cancel()


@contextmanager
def client_in_time(seconds: float) -> Iterator[httpx.Client]:
    """A connection of its own, ended after so long: behind one address another process may answer by now."""
    with httpx.Client(timeout=seconds, trust_env=False, verify=_tls()) as client, in_time(client, seconds):
        try:
            yield client
        except httpx.ReadTimeout as error:
            # Its time is the same, and may be over just before.
            raise _too_late(seconds) from error


def _too_late(seconds: float) -> DownloadFailed:
    return DownloadFailed(f"it takes more than {seconds:g} s")


@cache
def _tls() -> ssl.SSLContext:
    """Once: reading the machine's certificates takes longer than all the rest."""
    return ssl.create_default_context()


def download(client: httpx.Client, path: str, largest: int) -> Iterator[bytes]:
    """The body of one answer, no redirect being followed. Raises DownloadFailed or httpx's errors."""
    with opened(client, path) as answer:
        yield from chunks(answer, path, largest)


@contextmanager
def opened(client: httpx.Client, path: str, headers: Mapping[str, str] = _NONE) -> Iterator[httpx.Response]:
    """One answer, for `chunks`. Raises DownloadFailed or httpx's errors."""
    # Not compressed: a few bytes could become any number.
    with client.stream("GET", path, headers={"accept-encoding": "identity", **headers}) as answer:
        if answer.status_code != httpx.codes.OK:
            raise DownloadFailed(f"{answer.status_code} for {path}")
        yield answer


def chunks(answer: httpx.Response, path: str, largest: int) -> Iterator[bytes]:
    """Its body. Raises DownloadFailed or httpx's errors."""
    size = 0
    for chunk in answer.iter_raw():
        size += len(chunk)
        if size > largest:
            raise DownloadFailed(f"{path} is longer than {largest} bytes")
        yield chunk
