"""`make demo-stream`: Kafka in, Kafka out in one terminal, without a cluster, in three minutes at most.

Real are the training, Kafka's broker, the workers and the load: customers are written at their time, whatever happens.
One worker is killed in the middle and started again, as Kubernetes does it.
"""

import shutil
import signal
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from churn_models.bundle import Bundle
from churn_models.ensemble_spec import load_ensemble
from churn_runtimes.stream.settings import Topics
from churn_training.train import train
from support.customers import shipped_customers
from support.demo_drift_world import SMALL
from support.demo_stream_picture import Happened, draw
from support.eventually import eventually
from support.kafka_broker import MEASURED, KafkaBroker
from support.kafka_topics import Reader, source_of
from support.paced_stream import AnswerClock, PacedWriter
from support.stream_messages import customers
from support.stream_worker import StreamWorker

_SCRATCH = Path("build/demo-stream")
_PER_SECOND = 2_000
_PHASE_SECONDS = 12
_PARTITIONS = 8
_POISONED = 500
"""One of so many messages is no JSON."""
_PATIENCE_SECONDS = 120


def main() -> None:
    """Train, start a broker, tell the story."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    shutil.rmtree(_SCRATCH, ignore_errors=True)
    folder = _SCRATCH.resolve()
    _, schema = load_ensemble(Path("models/telco"))
    bundle = train(SMALL, schema, shipped_customers(SMALL, schema), 0, folder / "bundles").bundle
    print("a broker starts: Apache Kafka 4.4", flush=True)
    with KafkaBroker(folder / "kafka", MEASURED) as broker:
        counted = Story(broker, bundle, folder).tell(_PER_SECOND, _PHASE_SECONDS)
    print(
        f"{counted.written:,} written, {counted.scored:,} scored and {counted.dead} dead letters; "
        f"{counted.lost} lost, {counted.repeated} answered once more, which their churn-source says"
    )
    print(f"done in {time.monotonic() - started:.0f} s; the picture is {_SCRATCH / counted.picture.name}")


@dataclass(frozen=True)
class Counted:
    """Messages, once all that are good were answered. `lost` has neither score nor dead letter."""

    written: int
    scored: int
    dead: int
    repeated: int
    picture: Path

    @property
    def lost(self) -> int:
        """Of those that were written."""
        return self.written - self.scored - self.dead


class Story:
    """Two workers under load, and what a killed one means for those who wait."""

    def __init__(self, broker: KafkaBroker, bundle: Bundle, folder: Path) -> None:
        self._broker, self._bundle, self._folder = broker, bundle, folder
        self._topics = Topics("demo-customers", "demo-scores", "demo-dead")
        rows = customers(bundle.schema(), _POISONED - 1)
        self._bodies = [*map(orjson.dumps, rows), b'{"tenure": 12, "Contract": ']
        self._happened: list[Happened] = []

    def tell(self, per_second: float, phase_seconds: int) -> Counted:
        """Three phases: all is well, a worker is killed, it is back. Raises ProcessFailed or TimeoutError."""
        topics, brokers = self._topics, self._broker.brokers
        self._broker.create_topics({topics.input: _PARTITIONS, topics.output: _PARTITIONS, topics.dead_letter: 1})
        with ExitStack() as running:
            first, second = (running.enter_context(self._worker(name)) for name in ("first", "second"))
            first.wait_assigned()
            second.wait_assigned()
            self._clock = running.enter_context(AnswerClock(brokers, topics.output, _PARTITIONS))
            self._dead = running.enter_context(Reader(brokers, topics.dead_letter, 1))
            with PacedWriter(brokers, topics.input, self._bodies, per_second) as self._writer:
                self._phase("two workers", phase_seconds)
                first.kill()
                # As the kubelet does it; loading the model takes its time.
                again = running.enter_context(self._worker("first again"))
                self._phase("one is killed", phase_seconds)
                again.wait_assigned()
                self._phase("it is back", phase_seconds)
            return self._counted()

    def _worker(self, name: str) -> StreamWorker:
        log = self._folder / f"{name.replace(' ', '-')}.log"
        return StreamWorker(self._bundle, self._broker.brokers, self._topics, log)

    def _phase(self, told: str, seconds: int) -> None:
        self._happened.append(Happened(time.time(), told))
        print(f"\n{told}", flush=True)
        for _ in range(seconds):
            written, answered = self._writer.sent, self._clock.count
            time.sleep(1)
            self._show(self._writer.sent - written, answered)

    def _show(self, written: int, before: int) -> None:
        _, waits = self._clock.waits(before)
        dead = len(self._dead.read(0))
        waiting = max(0, self._writer.sent - self._clock.count - dead)
        told = f"written {written:6,}/s  answered {len(waits):6,}/s  waiting {waiting:6,}"
        if len(waits):
            p50, p99 = np.percentile(waits, [50, 99])
            told += f"  p50 {p50:6,.0f} ms  p99 {p99:6,.0f} ms"
        print(f"  {told}  dead letters {dead}", flush=True)

    def _counted(self) -> Counted:
        """Once everything that was written has an answer or a dead letter."""
        written = self._writer.sent
        with Reader(self._broker.brokers, self._topics.output, _PARTITIONS) as answers:
            seen: Counter[str] = Counter()

            def all_there() -> bool:
                place = len(answers.messages)
                seen.update(map(source_of, answers.read()[place:]))
                return len(seen) + len({*map(source_of, self._dead.read(0))}) >= written

            eventually(all_there, _PATIENCE_SECONDS)
        picture = self._folder / "latency.png"
        draw(picture, *self._clock.waits(), self._happened)
        dead = len({*map(source_of, self._dead.messages)})
        return Counted(written, len(seen), dead, seen.total() - len(seen), picture)


if __name__ == "__main__":
    main()
