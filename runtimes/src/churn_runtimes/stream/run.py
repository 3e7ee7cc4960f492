"""Puts one worker together and runs it: what the command calls once the bundle is there."""

import gc
import logging
import signal
import socket
from dataclasses import dataclass
from secrets import token_hex

from churn_models.bundle import Bundle
from churn_models.outputs import PROBABILITY, Outputs
from churn_models.scoring.library_versions import naming_versions
from churn_models.scoring.scorer import check_golden_rows
from churn_models.traffic import State

from churn_runtimes.candidate.metrics import show_candidates
from churn_runtimes.candidate.poller import Poller
from churn_runtimes.candidate.seen import seen_by
from churn_runtimes.evaluator.explainable import require_reasons
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.metrics import show_features, show_scored_by
from churn_runtimes.state.events_topic import EventsTopic
from churn_runtimes.stream.answers import Answers, Given, Stamp
from churn_runtimes.stream.batch import BatchReader
from churn_runtimes.stream.errors import ConfigInvalid, Stopped
from churn_runtimes.stream.events.stateful import Stateful
from churn_runtimes.stream.events.with_states import Scored, with_states
from churn_runtimes.stream.health import serve_health
from churn_runtimes.stream.kafka.administration import Administration
from churn_runtimes.stream.kafka.at_least_once import AtLeastOnce
from churn_runtimes.stream.kafka.configuration import (
    client_configuration,
    consumer_configuration,
    protocol_for,
)
from churn_runtimes.stream.kafka.event_source import EventSource
from churn_runtimes.stream.kafka.exactly_once import ExactlyOnce
from churn_runtimes.stream.kafka.producing import AnswerProducer
from churn_runtimes.stream.kafka.source import Source
from churn_runtimes.stream.kafka.topic_limits import limits_of
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.metrics import StreamMetrics
from churn_runtimes.stream.settings import Delivery, StreamSettings
from churn_runtimes.stream.shadow import shadow_beside
from churn_runtimes.stream.worker import Sink, Worker
from churn_runtimes.tap.flusher import Flusher
from churn_runtimes.tap.tap import Tap

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scoring:
    """By which bundle, what answers say, and who is told or asked beside: none of them where there is none."""

    bundle: Bundle
    stamp: Stamp
    given: Given
    tap: str | None = None
    """The drift sidecar's socket."""
    traffic: str | None = None
    """Where the operator says which other version is to score beside this one."""


def run(scoring: Scoring, settings: StreamSettings, listener: socket.socket) -> None:
    """Until SIGTERM. Raises BundleError, OutputUnknown or StreamUnavailable."""
    life = Life()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: life.end())
    reader, answers = _scorer(scoring)
    metrics = StreamMetrics()
    instance = token_hex(8)
    serve_health(listener, life, lambda: _state(instance, scoring.stamp, metrics, answers))
    try:
        source, sink, stateful = _connected(scoring, settings, metrics, life)
    except Stopped:
        return
    flusher, poller = _flusher(scoring, answers), _poller(scoring, answers)
    # What is there now stays to the end: looking through it again would stop the loop for a tenth of a second.
    gc.collect()
    gc.freeze()
    Worker(source, sink, stateful or reader, answers, metrics, life).run(settings.max_batch)
    if flusher:
        flusher.stop()
    if poller:
        poller.stop()


def _state(instance: str, stamp: Stamp, metrics: StreamMetrics, answers: Answers) -> State:
    """As a server tells it, of whom the operator asks it too."""
    seen = seen_by(stamp.model, answers.shadow.follower) if answers.shadow else {}
    return State(
        instance=instance,
        model=stamp.model,
        digest=stamp.digest,
        version=stamp.version or "",
        serving=metrics.serving.now(answers.not_scores),
        **seen,
    )


def _scorer(scoring: Scoring) -> tuple[BatchReader, Answers]:
    bundle, given = scoring.bundle, scoring.given
    schema, outputs = bundle.schema(), Outputs.of(bundle)
    asked = Given(outputs.wanted([PROBABILITY, *given.outputs]), given.reasons)
    with naming_versions(bundle.manifest):
        evaluator = load_evaluator(bundle)
        check_golden_rows(bundle, evaluator)
    require_reasons(evaluator, schema, given.reasons)
    show_features(schema.vocabularies)
    for member, by in evaluator.scoring.items():
        show_scored_by(scoring.stamp.model, member, by.by)
    answers = Answers(evaluator, outputs, schema.scored_names, scoring.stamp, asked)
    if scoring.traffic:
        answers.shadow = shadow_beside(bundle, scoring.stamp.version, evaluator)
    return BatchReader(schema, outputs), answers


def _connected(
    scoring: Scoring, settings: StreamSettings, metrics: StreamMetrics, life: Life
) -> tuple[Source, Sink, Stateful | None]:
    topics, events = settings.topics, settings.events
    events_topic = [events.topic] if events else []
    administration = Administration(client_configuration(settings), life)
    administration.require_topics([topics.input, topics.output, topics.dead_letter, *events_topic])
    protocol = protocol_for(settings.protocol, administration.broker_settings())
    logger.info("group %s by the %s protocol, %s", settings.group, protocol, settings.delivery)
    source = Source(consumer_configuration(settings, protocol), topics.input, life)
    limits = limits_of([administration.topic_settings(topic) for topic in (topics.output, topics.dead_letter)])
    if limits.dead_letter.is_compacted:
        raise ConfigInvalid(
            f"{topics.dead_letter} is compacted, which would remove dead letters; cleanup.policy=delete"
        )
    answers = AnswerProducer(settings, limits, metrics, life)
    way = ExactlyOnce if settings.delivery is Delivery.EXACTLY_ONCE else AtLeastOnce
    sink = way(settings, source, answers, metrics)
    if events is None:
        return source, sink, None
    partitions = administration.same_partitions(topics.input, events.topic)
    topic = EventsTopic(administration.identity_of(events.topic), partitions)
    bundle = scoring.bundle
    scored = Scored(events.state_name or scoring.stamp.model, bundle.schema(), Outputs.of(bundle))
    inputs = source, EventSource(settings, events.topic, life)
    return source, sink, with_states(scored, events.state, inputs, topic, metrics, life)


def _flusher(scoring: Scoring, answers: Answers) -> Flusher | None:
    if scoring.tap is None:
        return None
    answers.tap = Tap(scoring.bundle.schema().names)
    flusher = Flusher(answers.tap, scoring.tap, scoring.bundle.digest)
    flusher.start()
    return flusher


def _poller(scoring: Scoring, answers: Answers) -> Poller | None:
    if scoring.traffic is None or answers.shadow is None:
        return None
    show_candidates(scoring.stamp.model, answers.shadow.follower)
    poller = Poller(scoring.traffic, answers.shadow)
    poller.start()
    return poller
