"""The workers of one group under a steady load, and what a reader sees of them: for the scenario of the stream."""

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from churn_models.bundle import Bundle
from churn_runtimes.stream.settings import Delivery, Topics
from support.answer_record import AnswerRecord
from support.eventually import eventually
from support.kafka_broker import KafkaBroker
from support.paced_stream import PacedWriter
from support.stream_worker import StreamWorker

_CAUGHT_UP_SECONDS = 0.5
_SECONDS = 120


@dataclass(frozen=True)
class Place:
    """Where fleets work; what they start ends with `running`."""

    running: ExitStack
    broker: KafkaBroker
    partitions: int
    logs: Path


@dataclass
class Fleet:
    """One way of delivery on topics of its own."""

    place: Place
    bundle: Bundle
    delivery: Delivery
    options: Sequence[str] = ()
    workers: dict[str, StreamWorker] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name, count = self.delivery.value, self.place.partitions
        self.topics = Topics(f"{name}-customers", f"{name}-scores", f"{name}-dead")
        broker = self.place.broker
        broker.create_topics({self.topics.input: count, self.topics.output: count, self.topics.dead_letter: 1})
        self.answers = self.place.running.enter_context(AnswerRecord(broker.brokers, self.topics.output, count))

    def start(self, name: str) -> None:
        """As a StatefulSet does: whoever comes back has the transactional id of whoever had the name before."""
        options = ["--delivery", self.delivery.value, *self.options]
        if self.delivery is Delivery.EXACTLY_ONCE:
            options += ["--transactional-id", name]
        log = self.place.logs / f"{self.delivery.value}-{name}-{time.time_ns()}.log"
        worker = StreamWorker(self.bundle, self.place.broker.brokers, self.topics, log, options)
        self.workers[name] = self.place.running.enter_context(worker)

    def wait_assigned(self) -> None:
        """Until each worker has partitions. Raises ProcessFailed."""
        for worker in self.workers.values():
            worker.wait_assigned()

    def kill_and_restart(self, name: str) -> None:
        """As the kubelet does where memory is short."""
        assert self.workers[name].partitions
        self.workers[name].kill()
        self.start(name)

    def load(self, loading: ExitStack, bodies: Sequence[bytes], per_second: float) -> None:
        """Customers from now on, each with a key of his own; they end with `loading`."""
        writer = PacedWriter(self.place.broker.brokers, self.topics.input, bodies, per_second)
        self.writer = loading.enter_context(writer)

    def catch_up(self, after: float = 0) -> None:
        """Wait until every partition has answers to messages that are newer than this, and hardly any waits."""

        def check() -> bool:
            self._restart_ended()
            return self.answers.answered_until() > max(after, time.time() - _CAUGHT_UP_SECONDS)

        eventually(check, _SECONDS, pause=0.02)

    def end(self, name: str) -> None:
        """As the kubelet does where there are to be fewer: it does not come back."""
        assert self.workers.pop(name).end() == 0

    def _restart_ended(self) -> None:
        """As the kubelet does with whoever ends by itself."""
        for name in [name for name, worker in self.workers.items() if not worker.is_running]:
            self.start(name)

    def finish(self) -> None:
        """Wait until every message is answered."""

        def check() -> bool:
            self._restart_ended()
            return len(self.answers.by_source) >= self.writer.sent

        eventually(check, _SECONDS)

    def lost(self) -> int:
        """Customers without an answer, of those that were written."""
        answered = {answer.key for answers in self.answers.by_source.values() for answer in answers}
        return len({b"customer-%d" % number for number in range(self.writer.sent)} - answered)

    def repeated(self) -> int:
        """Answers beyond one for each message."""
        return sum(len(answers) - 1 for answers in self.answers.by_source.values())

    def unrecognisable(self) -> int:
        """Customers answered more than once, not all times from the same place with the same words."""
        told = defaultdict(set)
        for source, answers in self.answers.by_source.items():
            for answer in answers:
                told[answer.key].add((source, answer.value))
        return sum(len(different) > 1 for different in told.values())
