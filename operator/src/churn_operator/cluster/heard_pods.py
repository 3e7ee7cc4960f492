"""Asks pods `/state` on their metrics port, and remembers what each of their processes said first and last.

`pod_states` has one for serving pods and two for the workers of the stream. All pods of a ChurnModel are asked at once,
each for no longer than a second: one that does not answer is unknown, never bad.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import aiohttp
from churn_models.said import AnswerInvalid
from churn_models.traffic import State

from churn_operator.cluster.pod_questions import SECONDS, KnowsNothingOfIt, answer_of, pod_session
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

Ask = Callable[[aiohttp.ClientSession, str], Awaitable[State]]
"""Asks a pod at an address. Raises AnswerInvalid, or what the client raises."""
Check = Callable[[Observed, PodAnswer, State], None]
"""Raises AnswerInvalid where the answer is not that pod's: its address may be another one's by now."""


@dataclass(frozen=True)
class Heard:
    """Of all pods of one ChurnModel."""

    pods: tuple[PodAnswer, ...]
    """The same with what they say now."""
    told: tuple[State, ...]
    """The last words of all processes, of those that are gone, too."""
    since: str
    """When they were asked first."""


@dataclass(frozen=True)
class _Process:
    first: State
    last: State


class HeardPods:
    """What pods said last, by ChurnModel and process, since something began to be tried."""

    def __init__(self, ask: Ask, check: Check) -> None:
        self._ask = ask
        self._check = check
        self._seen: dict[Key, dict[str, _Process]] = {}
        self._since: dict[Key, str] = {}
        self._answering: dict[Key, dict[str, str]] = {}
        """Since when each pod has answered without a silence, by its name."""

    def __len__(self) -> int:
        return len(self._seen)

    async def ask(self, observed: Observed, asked: Sequence[PodAnswer]) -> Heard:
        """All of these pods."""
        key = (observed.model.namespace, observed.model.name)
        async with pod_session(_AT_ONCE) as session:
            pods = await asyncio.gather(*(self._answered(session, observed, pod) for pod in asked))
        seen = self._remember(key, pods)
        since = self._since.setdefault(key, observed.now)
        before = self._answering.get(key, {})
        answering = {pod.name: before.get(pod.name, observed.now) for pod in pods if pod.state}
        self._answering[key] = answering
        pods = [
            replace(pod, first=seen[pod.state.instance].first, heard_since=answering[pod.name]) if pod.state else pod
            for pod in pods
        ]
        return Heard(tuple(pods), tuple(heard.last for heard in seen.values()), since)

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
            self._check(observed, pod, state)
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

    def _remember(self, key: Key, pods: list[PodAnswer]) -> dict[str, _Process]:
        """What was heard of every process, by its instance; those that were heard last come last."""
        seen = self._seen.setdefault(key, {})
        for state in (pod.state for pod in pods if pod.state):
            before = seen.pop(state.instance, None)
            seen[state.instance] = _Process(before.first if before else state, state)
        for oldest in list(seen)[:-_PROCESSES]:
            del seen[oldest]
        return seen


async def ask_pod(session: aiohttp.ClientSession, address: str) -> State:
    """Raises AnswerInvalid where what listens there gives no State, or too large a one."""
    return State.read(await answer_of(session, metrics_url(address, "/state"), _LARGEST))
