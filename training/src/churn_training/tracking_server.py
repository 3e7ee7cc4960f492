"""Whether MLflow answers; `publish` asks before it hands over a bundle that took minutes to make."""

import time
from collections.abc import Callable

from churn_models.errors import RegistryUnreachable
from churn_models.mlflow_access import MlflowAccess
from churn_models.mlflow_server import Answer, MlflowServer

# A server that has just been started, or restarted, answers within this; a wrong address is told after it.
WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 1.0


def ask_for_models(access: MlflowAccess) -> None:
    """One question that MLflow needs its database for, as /health does not. Raises RegistryError."""
    with MlflowServer(access) as server:
        server.get("registered-models/search", {"max_results": "1"}, Answer)


def wait_until_it_answers(
    ask: Callable[[], None],
    say: Callable[[str], None],
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Ask until there is an answer, and `say` once what is waited for.

    Raises RegistryUnreachable, the last one, after WAIT_SECONDS, and any other RegistryError at once: a login that is
    wrong stays wrong. MLflow's own client repeats every call for minutes and says nothing of it.
    """
    deadline = monotonic() + WAIT_SECONDS
    is_told = False
    while True:
        try:
            return ask()
        except RegistryUnreachable as error:
            if monotonic() + _PAUSE_SECONDS > deadline:
                raise
            if not is_told:
                say(f"{error}; asking again for {WAIT_SECONDS:.0f} s")
            is_told = True
            sleep(_PAUSE_SECONDS)
