"""What pods say of themselves while something is tried: serving pods, and the workers of the stream."""

from dataclasses import replace

from churn_models.said import AnswerInvalid
from churn_models.traffic import State

from churn_operator.cluster.heard_pods import Ask, HeardPods, ask_pod
from churn_operator.decide.lasting import LOOK_SECONDS, is_comparing_workers, is_trying
from churn_operator.decide.observed import Observed
from churn_operator.observe.pod_answer import PodAnswer
from churn_operator.queue import Key

_EACH_SECONDS = 0.05
"""A look is ten requests to the API server: with more than forty ChurnModels that try something, each waits longer."""


class PodStates:
    """What was heard of all ChurnModels that try something."""

    def __init__(self, ask: Ask = ask_pod) -> None:
        self._serving = HeardPods(ask, _check)
        self._workers = HeardPods(ask, _check_digest)
        # Apart, because a comparison of workers begins when this has lasted for hours.
        self._shadows = HeardPods(ask, _check_digest)

    async def ask(self, observed: Observed) -> Observed:
        """The same with what its pods say now, and with the last words of those that are gone."""
        return await self._ask_shadows(await self._ask_workers(await self._ask_serving(observed)))

    def next_look(self, observed: Observed, seconds: float | None) -> float | None:
        """Sooner than in so many seconds while something is tried: every two, or what many such ChurnModels leave."""
        if not is_trying(observed) and not is_comparing_workers(observed):
            return seconds
        looked_at = len(self._serving) + len(self._workers) + len(self._shadows)
        pace = max(LOOK_SECONDS, _EACH_SECONDS * looked_at)
        return pace if seconds is None else min(pace, seconds)

    def forget(self, key: Key) -> None:
        """The ChurnModel is gone."""
        self._serving.forget(key)
        self._workers.forget(key)
        self._shadows.forget(key)

    async def _ask_serving(self, observed: Observed) -> Observed:
        if not is_trying(observed):
            self._serving.forget((observed.model.namespace, observed.model.name))
            return observed
        heard = await self._serving.ask(observed, observed.pods)
        return replace(observed, pods=heard.pods, seen=heard.told, looked_since=heard.since)

    async def _ask_workers(self, observed: Observed) -> Observed:
        workers = observed.stream
        if workers is None or not is_comparing_workers(observed):
            self._workers.forget((observed.model.namespace, observed.model.name))
            return observed
        heard = await self._workers.ask(observed, workers.pods)
        return replace(observed, stream=replace(workers, pods=heard.pods, looked_since=heard.since))

    async def _ask_shadows(self, observed: Observed) -> Observed:
        """Workers, for the pairs of what the servers try."""
        workers = observed.stream
        if workers is None or not is_trying(observed):
            self._shadows.forget((observed.model.namespace, observed.model.name))
            return observed
        return replace(observed, shadows=(await self._shadows.ask(observed, workers.pods)).told)


def _check(observed: Observed, pod: PodAnswer, state: State) -> None:
    """Raises AnswerInvalid where it is not that pod's: its address may be another one's by now."""
    if state.model != observed.model.name:
        raise AnswerInvalid(f"{pod.address} serves {state.model}")
    _check_digest(observed, pod, state)


def _check_digest(observed: Observed, pod: PodAnswer, state: State) -> None:
    """All that a worker of the stream is known by: it names the registered model."""
    record = observed.records.get(pod.revision)
    if record is not None and record.bundle.digest != state.digest:
        raise AnswerInvalid(f"{pod.address} serves {state.digest}")
