"""Whether MLflow answers; `publish` asks before it hands over a bundle that took minutes to make."""

import time
from collections.abc import Callable

import httpx

# A server that has just been started, or restarted, answers within this; a wrong address is told after it.
WAIT_SECONDS = 60.0
_ANSWER_SECONDS = 5
_PAUSE_SECONDS = 1.0


def wait_until_it_answers(
    tracking_uri: str,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Ask its health until it answers 200. Raises httpx.HTTPError, the last one, after WAIT_SECONDS.

    MLflow's own client repeats a refused connection for minutes and says nothing of it.
    """
    if not tracking_uri.startswith(("http://", "https://")):
        return
    deadline = monotonic() + WAIT_SECONDS
    while True:
        try:
            httpx.get(f"{tracking_uri.rstrip('/')}/health", timeout=_ANSWER_SECONDS).raise_for_status()
        except httpx.HTTPError:
            if monotonic() + _PAUSE_SECONDS > deadline:
                raise
            sleep(_PAUSE_SECONDS)
        else:
            return
