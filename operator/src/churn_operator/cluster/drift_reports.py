"""Asks the drift sidecars of all pods that serve or score a topic what they have counted, in a loop of its own: no
reconcile waits for it.

A reconcile notes whom to ask (`look`) and reads what is known; the loop (`turn`) asks, merges, judges windows, keeps it
all in DriftReports, and wakes the reconcile when there is something new to decide by. What is in memory is in the
DriftReports too, a minute old at most, so another operator goes on.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import aiohttp
from churn_models.drift.report import REFERENCE_PATH, REPORT_PATH, Report
from churn_models.reference import Reference
from churn_models.said import AnswerInvalid
from pydantic import ValidationError

from churn_operator.cluster.clock import utc_now
from churn_operator.cluster.drift_report_store import DriftReportStore
from churn_operator.cluster.drift_watch import Told, Watched, is_feed_broken
from churn_operator.cluster.pod_questions import SECONDS, answer_of, pod_session
from churn_operator.decide.drift.advance import advance, finished
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.observed import Observed
from churn_operator.errors import ClusterError
from churn_operator.metrics import DRIFT_REPORTS
from churn_operator.names import drift_url
from churn_operator.observe.sidecar_pod import SidecarPod
from churn_operator.queue import Key

_TURN_SECONDS = 1.0
_BUSY_SECONDS, _IDLE_SECONDS = 15.0, 30.0
"""Between two questions to the same pods: while rows come, and while none do."""
_EACH_SECONDS = 0.03
"""A ChurnModel's reports take some milliseconds to read: with more than 500 of them, each waits longer."""
_MODELS_AT_ONCE = 16
_CONNECTIONS = 128
_LARGEST = 4 << 20
"""Bytes of a report, or a reference. One of 200 features has a fifth of it."""
_REFERENCES = 128
"""Kept of all bundles; one that is not is asked for again."""

logger = logging.getLogger(__name__)

_Heard = tuple[SidecarPod, Report]
Ask = Callable[[aiohttp.ClientSession, str], Awaitable[bytes]]
"""The body at a URL. Raises AnswerInvalid, or what the client raises."""


class DriftReports:
    """Of one process."""

    def __init__(self, store: DriftReportStore, ask: Ask | None = None, clock: Callable[[], str] = utc_now) -> None:
        self._store, self._ask, self._clock = store, ask or _ask, clock
        self._references: OrderedDict[str, Reference] = OrderedDict()
        self.watched: dict[Key, Watched] = {}
        """Whoever tells metrics reads it."""
        self.wake: Callable[[Key], None] = lambda key: None
        """Called with a ChurnModel of which something new is known."""

    def look(self, observed: Observed) -> Observed:
        """The same with what is known of its traffic; its pods are asked from now on."""
        key = (observed.model.namespace, observed.model.name)
        if observed.model.spec.drift is None:
            self.forget(key)
            return observed
        settings = DriftSettings.of(observed.model.spec.drift)
        watched = self.watched.setdefault(key, Watched(settings, observed.now))
        watched.settings = settings
        watched.note(observed)
        others = ((other, one) for other, one in self.watched.items() if other != key)
        broken = tuple(other for other, one in others if is_feed_broken(one, observed.now))
        return replace(observed, drift=watched.evidence(observed), broken_feeds=broken)

    def forget(self, key: Key) -> None:
        """The ChurnModel is gone, or is not watched any more."""
        self.watched.pop(key, None)

    async def turn(self) -> float:
        """Ask whoever is due. A turn of a loop."""
        now = asyncio.get_running_loop().time()
        due = [key for key, watched in self.watched.items() if watched.due <= now]
        if due:
            room = asyncio.Semaphore(_MODELS_AT_ONCE)
            async with pod_session(_CONNECTIONS) as session:
                await asyncio.gather(*(self._in_its_turn(room, session, key) for key in due))
        return _TURN_SECONDS

    async def _in_its_turn(self, room: asyncio.Semaphore, session: aiohttp.ClientSession, key: Key) -> None:
        async with room:
            if (watched := self.watched.get(key)) is None:
                return
            rows = watched.rows()
            try:
                await self._look_after(session, key, watched)
            except ClusterError as error:
                logger.warning("%s/%s: the DriftReport: %s", *key, error)
            except Exception:
                # Whatever one ChurnModel's sidecars say, the others are asked.
                logger.exception("%s/%s: drift evidence failed in a way nobody foresaw", *key)
            pace = _BUSY_SECONDS if watched.rows() != rows else _IDLE_SECONDS
            watched.due = asyncio.get_running_loop().time() + max(pace, _EACH_SECONDS * len(self.watched))

    async def _look_after(self, session: aiohttp.ClientSession, key: Key, watched: Watched) -> None:
        """One ChurnModel. Raises ClusterError where what was known before cannot be read, or written."""
        pods = watched.pods
        for told in list(watched.revisions.values()):
            if told.state is None:
                await self._store.restore(key, told, self._clock())
        told_now = await asyncio.gather(*(self._report(session, pod) for pod in pods))
        heard = {pod.name: (pod, report) for pod, report in zip(pods, told_now, strict=True) if report}
        for told in list(watched.revisions.values()):
            await self._advance(session, watched, told, heard)
        if watched.has_news(self._clock()) and self.watched.get(key) is watched:
            self.wake(key)
        for name, told in list(watched.revisions.items()):
            is_last = not watched.serves(name)
            if is_last:  # whether or not it can be written: those that serve must not wait for it
                del watched.revisions[name]
            await self._store.keep(key, told, is_last)

    async def _advance(
        self, session: aiohttp.ClientSession, watched: Watched, told: Told, heard: Mapping[str, _Heard]
    ) -> None:
        """One revision. A version whose place another one has taken is judged by what it has of a window, if enough."""
        assert told.state is not None, "it was restored before"
        name = told.record.identifier
        # An address may be another model's by now: what it gives as the reference would be believed for long.
        digest = told.state.digest
        ours = [(pod, report) for pod, report in heard.values() if (pod.revision, report.digest) == (name, digest)]
        reference = await self._reference(session, digest, [pod for pod, _ in ours])
        if reference is None:
            return
        if watched.serves(name):
            reports = {pod.name: report for pod, report in ours}
            # Of this revision alone: a worker keeps its name, and its process of another version has ended.
            there = {pod.name: pod.kind for pod in watched.pods if pod.revision == name}
            told.state = advance(told.state, reports, reference, watched.settings, self._clock(), there)
        else:
            told.state = finished(told.state, reference, watched.settings, self._clock())

    async def _report(self, session: aiohttp.ClientSession, pod: SidecarPod) -> Report | None:
        """None where it has not answered, or no report: that is unknown, never bad."""
        if not pod.address:
            return None
        content = await self._answer(session, drift_url(pod.address, REPORT_PATH))
        try:
            return Report.read(content) if content else None
        except AnswerInvalid:
            DRIFT_REPORTS.labels("invalid").inc()
            return None

    async def _reference(self, session: aiohttp.ClientSession, digest: str, pods: list[SidecarPod]) -> Reference | None:
        """Of this bundle, kept from before or asked for now; None where nobody has given it."""
        if digest in self._references:
            self._references.move_to_end(digest)
            return self._references[digest]
        for pod in pods:
            content = await self._answer(session, drift_url(pod.address, REFERENCE_PATH))
            try:
                found = Reference.model_validate_json(content or b"", extra="ignore")
            except ValidationError:
                continue
            self._references[digest] = found
            while len(self._references) > _REFERENCES:
                self._references.popitem(last=False)
            return found
        return None

    async def _answer(self, session: aiohttp.ClientSession, url: str) -> bytes | None:
        try:
            async with asyncio.timeout(SECONDS):
                content = await self._ask(session, url)
        except AnswerInvalid:
            DRIFT_REPORTS.labels("invalid").inc()
            return None
        except (TimeoutError, aiohttp.ClientError, OSError):
            DRIFT_REPORTS.labels("silent").inc()
            return None
        DRIFT_REPORTS.labels("answered").inc()
        return content


async def _ask(session: aiohttp.ClientSession, url: str) -> bytes:
    return await answer_of(session, url, _LARGEST)
