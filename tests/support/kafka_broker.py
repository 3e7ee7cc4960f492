"""A real Kafka broker of the tests' own in KRaft mode: its data in a scratch folder, ports free, ended by its pid."""

import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from support.eventually import eventually
from support.free_port import free_port
from support.kafka_security import SCRAM, KafkaSecurity
from support.processes import Process

_READY_SECONDS = 180
_INSTALLER = Path(__file__).parent / "install_kafka.sh"
_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},\
LOGIN://127.0.0.1:{login},CERTIFICATE://127.0.0.1:{certificate}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_SSL,CERTIFICATE:SSL
broker.session.timeout.ms=30000
log.dirs={data}
auto.create.topics.enable=false
log.retention.ms=-1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
log.cleaner.dedupe.buffer.size=2097152
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=3000
group.consumer.session.timeout.ms={session_ms}
group.consumer.min.session.timeout.ms=3000
group.consumer.heartbeat.interval.ms=500
group.consumer.min.heartbeat.interval.ms=200
"""
_CLUSTER = "Y2h1cm5zZXJ2ZSB0ZXN0cw"
"""Any sixteen bytes; one that StorageTool makes itself costs the start of another Java."""
_SESSION_MS = 3_000
"""Of killed workers: the least that a broker's own lower bound here allows, because tests wait for it."""
SHIPPED_SESSION_MS = 6_000
"""That of `make broker`, for whoever measures how long a killed worker's partitions wait."""


SOON_THERE = ("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Of Java: the quick compiler alone starts in half the time, and no test measures the broker."""
MEASURED = ("-Xms512m", "-Xmx512m", "-XX:+UseG1GC")
"""For whoever measures: Java's best code, and the collector with the shortest pauses."""


class KafkaBroker:
    """Nothing is removed by age: messages of tests have the times that they like.

    Start with `with KafkaBroker(folder) as broker`; `brokers` is its address for everybody, `by_login` and
    `by_certificate` are for whoever has what `security` has made. `java` are options of Java. On a busy machine it has
    half a minute to tell its own controller that it lives, and no partition is without a leader meanwhile.
    """

    def __init__(self, folder: Path, java: Sequence[str] = SOON_THERE, session_ms: int = _SESSION_MS) -> None:
        self._folder = folder
        self._java = java
        self._session_ms = session_ms
        self._ports = {name: free_port() for name in ("port", "controller", "login", "certificate")}
        self.brokers, self.by_login, self.by_certificate = (
            f"127.0.0.1:{self._ports[name]}" for name in ("port", "login", "certificate")
        )

    def __enter__(self) -> Self:
        installed = _installed()
        self._folder.mkdir(parents=True)
        settings = self._folder / "server.properties"
        self.security = KafkaSecurity.make(self._folder / "security")
        own = _SETTINGS.format(**self._ports, data=self._folder / "data", session_ms=self._session_ms)
        settings.write_text(own + self.security.settings, encoding="utf-8")
        storage = [*_java(installed, SOON_THERE), "kafka.tools.StorageTool"]
        _told([*storage, "format", "-t", _CLUSTER, "-c", str(settings), "--add-scram", SCRAM])
        self._command = [*_java(installed, self._java), "kafka.Kafka", str(settings)]
        self.start()
        return self

    def start(self) -> None:
        """Again after `stop`, with the data that are there."""
        self._process = Process(self._command, self._folder / "broker.log", os.environ)
        self._process.wait_until(self._answers, _READY_SECONDS)

    def run_on(self, cores: Collection[int]) -> None:
        """From now on: all its threads."""
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)

    def stop(self) -> None:
        """As SIGTERM does: what was written is there at the next start."""
        self._process.stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def remove_topic(self, name: str) -> None:
        """With everything in it, and wait until it is gone."""
        admin = self._admin()
        for removed in admin.delete_topics([name]).values():
            removed.result(timeout=30)
        eventually(lambda: name not in admin.list_topics(timeout=30).topics, 30)

    def create_topics(self, partitions: Mapping[str, int], settings: Mapping[str, str] | None = None) -> None:
        """These topics, each with so many partitions and all with these settings. Raises KafkaException."""
        admin = self._admin()
        wanted = [NewTopic(name, count, 1, config=dict(settings or {})) for name, count in partitions.items()]
        made = admin.create_topics(wanted)
        for topic in made.values():
            topic.result(timeout=30)

    def members(self, group: str) -> int:
        """How many the group has now."""
        admin = self._admin()
        told = admin.describe_consumer_groups([group])[group]
        return len(told.result(timeout=60).members)

    def _answers(self) -> bool:
        try:
            return bool(self._admin().list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    def _admin(self) -> AdminClient:
        # Its complaints about a broker that is not there yet are no news.
        return AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})


def _installed() -> Path:
    subprocess.run([_INSTALLER], check=True, stdout=subprocess.DEVNULL)
    return Path(_told([str(_INSTALLER), "--path"]))


def _java(installed: Path, options: Sequence[str]) -> list[str]:
    # slf4j-simple writes all of INFO to the log otherwise.
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return [str(installed / "java/bin/java"), *options, quiet, "-cp", f"{installed}/libs/*"]


def _told(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
