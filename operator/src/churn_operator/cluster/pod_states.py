"""Asks serving pods what they do and have seen (`/state`, on their metrics port) while something is tried.

All pods of a ChurnModel at once, each for no longer than a second: one that does not answer is unknown, never bad.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import aiohttp
from churn_models.said import AnswerInvalid
from churn_models.traffic import State

from churn_operator.cluster.pod_questions import SECONDS, KnowsNothingOfIt, answer_of, pod_session
from churn_operator.decide.lasting import LOOK_SECONDS, is_trying
from churn_operator.decide.observed import Observed
from churn_operator.metrics import POD_STATES
from churn_operator.names import metrics_url
from churn_operator.observe.pod_answer import PodAnswer
from churn_operator.queue import Key

_LARGEST = 1 << 18
"""Bytes of an answer; one with pairs in all of 20 x 20 bins has ten thousand."""
_AT_ONCE = 256
"""Connections for one ChurnModel."""
_PROCESSES = 512
"""Remembered of one ChurnModel; the oldest ones go first."""

_EACH_SECONDS = 0.05
"""A look is ten requests to the API server: with more than forty ChurnModels that try something, each waits longer."""


Ask = Callable[[aiohttp.ClientSession, str], Awaitable[State]]
"""Asks a pod at an address. Raises AnswerInvalid, or what the client raises."""


@dataclass(frozen=True)
class _Heard:
    """Of one process."""

    first: State
    last: State


class PodStates:
    """What pods said last, by ChurnModel and process, since something began to be tried."""

    def __init__(self, ask: Ask | None = None) -> None:
        self._ask = ask or ask_pod
        self._seen: dict[Key, dict[str, _Heard]] = {}
        self._since: dict[Key, str] = {}
        self._answering: dict[Key, dict[str, str]] = {}
        """Since when each pod has answered without a silence, by its name."""

    async def ask(self, observed: Observed) -> Observed:
        """The same with what its pods say now, and with the last words of those that are gone."""
        key = (observed.model.namespace, observed.model.name)
        if not is_trying(observed):
            self.forget(key)
            return observed
        async with pod_session(_AT_ONCE) as session:
            pods = await asyncio.gather(*(self._answered(session, observed, pod) for pod in observed.pods))
        seen = self._remember(key, pods)
        since = self._since.setdefault(key, observed.now)
        before = self._answering.get(key, {})
        answering = {pod.name: before.get(pod.name, observed.now) for pod in pods if pod.state}
        self._answering[key] = answering
        pods = [
            replace(pod, first=seen[pod.state.instance].first, heard_since=answering[pod.name]) if pod.state else pod
            for pod in pods
        ]
        told = tuple(heard.last for heard in seen.values())
        return replace(observed, pods=tuple(pods), seen=told, looked_since=since)

    def next_look(self, observed: Observed, seconds: float | None) -> float | None:
        """Sooner than in so many seconds while something is tried: every two, or what many such ChurnModels leave."""
        if not is_trying(observed):
            return seconds
        pace = max(LOOK_SECONDS, _EACH_SECONDS * len(self._seen))
        return pace if seconds is None else min(pace, seconds)

    def forget(self, key: Key) -> None:
        """Nothing is tried, or the ChurnModel is gone."""
        self._seen.pop(key, None)
        self._since.pop(key, None)
        self._answering.pop(key, None)

    async def _answered(self, session: aiohttp.ClientSession, observed: Observed, pod: PodAnswer) -> PodAnswer:
        if not pod.address:
            return pod
        try:
            async with asyncio.timeout(SECONDS):
                state = await self._ask(session, pod.address)
            _check(observed, pod, state)
        except KnowsNothingOfIt:
            POD_STATES.labels("invalid").inc()
            return replace(pod, is_mute=True)
        except AnswerInvalid:
            POD_STATES.labels("invalid").inc()
            return pod
        except (TimeoutError, aiohttp.ClientError, OSError):
            POD_STATES.labels("silent").inc()
            return pod
        POD_STATES.labels("answered").inc()
        return replace(pod, state=state)

    def _remember(self, key: Key, pods: list[PodAnswer]) -> dict[str, _Heard]:
        """What was heard of every process, by its instance; those that were heard last come last."""
        seen = self._seen.setdefault(key, {})
        for state in (pod.state for pod in pods if pod.state):
            before = seen.pop(state.instance, None)
            seen[state.instance] = _Heard(before.first if before else state, state)
        for oldest in list(seen)[:-_PROCESSES]:
            del seen[oldest]
        return seen


def _check(observed: Observed, pod: PodAnswer, state: State) -> None:
    """Raises AnswerInvalid where it is not that pod's: its address may be another one's by now."""
    if state.model != observed.model.name:
        raise AnswerInvalid(f"{pod.address} serves {state.model}")
    record = observed.records.get(pod.revision)
    if record is not None and record.bundle.digest != state.digest:
        raise AnswerInvalid(f"{pod.address} serves {state.digest}")


async def ask_pod(session: aiohttp.ClientSession, address: str) -> State:
    """Raises AnswerInvalid where what listens there gives no State, or too large a one."""
    return State.read(await answer_of(session, metrics_url(address, "/state"), _LARGEST))
