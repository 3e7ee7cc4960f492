"""Asks the labels' process what is known of stable versions, and MLflow what training promised of them.

Labels change by the day, so each ChurnModel is asked for every ten minutes; a reconcile reads what was heard last and
never waits. Where the process is away for a day, nothing is known any more.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import aiohttp
from churn_models.errors import BundleError, RegistryError
from churn_models.labels.report import LabelReport
from churn_models.said import AnswerInvalid

from churn_operator.api.quantities import seconds
from churn_operator.cluster.label_metrics import show_labels
from churn_operator.decide.facts import Facts
from churn_operator.decide.freeze import past_unfit_spans
from churn_operator.decide.labels.judge import judge_labels
from churn_operator.decide.observed import Observed
from churn_operator.decide.stable_evidence import trained_until, version_before
from churn_operator.observe.late import after
from churn_operator.queue import Key

logger = logging.getLogger(__name__)

_EVERY_SECONDS = 600.0
_OLD_SECONDS = 86_400.0
_SECONDS = 90.0
"""For one answer: a report of half a million rows takes seconds, and others may be asked for before it."""
_TICK_SECONDS = 5.0
_LARGEST = 1 << 16
"""Bytes of a report; one has about 600."""


@dataclass(frozen=True)
class LabelQuestion:
    """About the stable version of one ChurnModel."""

    model: str
    version: str
    digest: str
    previous: str | None
    delay: float
    since: str
    """From when on labels are new to training: those of customers scored so long before this version began to serve,
    or the last training looked, that they were mature then, are learned."""
    unfit: tuple[tuple[str, str], ...] = ()
    """From when to when rows were broken: what was scored then says nothing of any version."""


class PromisesAuc(Protocol):
    """What is needed of `model_registry`."""

    def promised_auc(self, model: str, version: str, digest: str) -> Awaitable[float | None]:
        """Of the rows that judged the version."""


Ask = Callable[[LabelQuestion, float | None], Awaitable[LabelReport]]
"""Asks for a report with a baseline. Raises AnswerInvalid, or what the client raises."""


@dataclass
class _Asked:
    question: LabelQuestion
    due: float = 0.0
    heard: float = 0.0
    report: LabelReport | None = None
    baseline: float | None = None


@dataclass
class LabelWatch:
    """What was heard last, by ChurnModel. `changed` is called with those that have something new to read."""

    registry: PromisesAuc
    changed: Callable[[Key], None]
    ask: Ask | None = None
    """None: this installation has no labels' process."""
    _asked: dict[Key, _Asked] = field(default_factory=dict)

    def observe(self, observed: Observed, facts: Facts) -> Observed:
        """The same with what labels say of the stable version, from memory."""
        key = (observed.model.namespace, observed.model.name)
        question = label_question(observed, facts)
        if question is None or self.ask is None:
            self.forget(key)
            return observed
        asked = self._asked.get(key)
        if asked is None or asked.question != question:
            self._asked[key] = asked = _Asked(question)
        if asked.report is None or _now() - asked.heard > _OLD_SECONDS:
            show_labels(key, None)
            return observed
        evidence = judge_labels(asked.report, question.version, question.delay, asked.baseline, observed.now)
        show_labels(key, evidence)
        return replace(observed, labels=evidence)

    def forget(self, key: Key) -> None:
        """Nothing is asked for it, or it is gone."""
        self._asked.pop(key, None)
        show_labels(key, None)

    async def turn(self) -> float:
        """Ask for what is due, one after the other. A turn of a loop."""
        for key, asked in tuple(self._asked.items()):
            if self.ask is not None and asked.due <= _now():
                asked.due = _now() + _EVERY_SECONDS
                await self._hear(key, asked, self.ask)
        return _TICK_SECONDS

    async def _hear(self, key: Key, asked: _Asked, ask: Ask) -> None:
        question = asked.question
        try:
            async with asyncio.timeout(_SECONDS):
                if asked.baseline is None:
                    asked.baseline = await self._baseline(question)
                report = await ask(question, asked.baseline)
            if (report.model, report.digest) != (question.model, question.digest):
                raise AnswerInvalid(f"it tells of {report.model} {report.digest}")
        except (AnswerInvalid, TimeoutError, aiohttp.ClientError, OSError) as error:
            logger.warning("%s/%s: labels are not known: %s", *key, error or type(error).__name__)
            return
        is_new, asked.report, asked.heard = report != asked.report, report, _now()
        if is_new:
            self.changed(key)

    async def _baseline(self, question: LabelQuestion) -> float | None:
        try:
            return await self.registry.promised_auc(question.model, question.version, question.digest)
        except (RegistryError, BundleError) as error:
            logger.warning("%s version %s: its promised AUC is not known: %s", question.model, question.version, error)
            return None


def label_question(observed: Observed, facts: Facts) -> LabelQuestion | None:
    """None where the spec asks for no labels, or nothing serves."""
    labels, stable = observed.model.spec.labels, facts.stable
    if labels is None or stable is None or not stable.since:
        return None
    delay = float(seconds(labels.delay))
    before = version_before(observed, facts)
    previous = before.bundle.digest if before else None
    since = after(trained_until(observed, facts), -delay)
    bundle, unfit = stable.bundle, past_unfit_spans(observed)
    return LabelQuestion(bundle.model, bundle.version, bundle.digest, previous, delay, since, unfit)


def asks_at(address: str) -> Ask:
    """The labels' process at `http://host:port`."""

    async def ask(question: LabelQuestion, baseline: float | None) -> LabelReport:
        unfit = ",".join(map("/".join, question.unfit)) or None
        given = {"digest": question.digest, "previous": question.previous, "baseline": baseline, "unfit": unfit}
        query = {name: str(value) for name, value in given.items() if value is not None}
        query |= {"horizon": str(question.delay), "since": question.since}
        url = f"{address.rstrip('/')}/v1/reports/{question.model}"
        async with (
            aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(url, params=query, allow_redirects=False) as response,
        ):
            content = await response.content.read(_LARGEST)
            if response.status != 200:
                raise AnswerInvalid(f"{url} answers {response.status}: {content[:200].decode(errors='replace')}")
        return LabelReport.read(content)

    return ask


def _now() -> float:
    return asyncio.get_running_loop().time()
