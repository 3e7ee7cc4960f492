"""The broker, its topics and the customers of `make bench-stream`, and the bundle that everybody scores by."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from bench.stream.contender import DEAD, MODEL, Contender, Place
from churn_models.bundle import Bundle
from churn_models.encoding import encode
from churn_models.ensemble_spec import load_ensemble
from churn_runtimes.stream.message import Headers
from churn_training.train import train
from support.customers import shipped_customers
from support.kafka_broker import MEASURED, KafkaBroker
from support.kafka_topics import Sent, send
from support.stream_messages import customers, v2_request

BACKLOG = 300_000
PARTITIONS = 8
_ROWS = 2_000
_AT_ONCE = 50_000
_INPUT = "customers"
_BROKERS_TIMES = {"message.timestamp.type": "LogAppendTime"}


@dataclass(frozen=True)
class Stage:
    """`bodies` are customers as JSON, `requests` the same as V2 requests for whoever reads those."""

    broker: KafkaBroker
    bundle: Bundle
    bodies: Sequence[bytes]
    requests: Mapping[Contender, Sequence[bytes]]
    folder: Path

    def on_backlog(self, name: str) -> Place:
        """From the backlog to a new topic, whose messages have the broker's times."""
        self.broker.create_topics({name: PARTITIONS}, _BROKERS_TIMES)
        return Place(self.bundle, self.broker.brokers, _INPUT, name, self.folder / name)

    def on_new(self, name: str, are_brokers_times: bool) -> Place:
        """From a new topic to another; the answers have the broker's times, or those of their messages."""
        source = f"{name}-in"
        self.broker.create_topics({source: PARTITIONS})
        self.broker.create_topics({name: PARTITIONS}, _BROKERS_TIMES if are_brokers_times else {})
        return Place(self.bundle, self.broker.brokers, source, name, self.folder / name)

    def send_requests(self, contender: Contender, topic: str, count: int) -> None:
        """V2 requests, with the header that MLServer takes the model's name from."""
        header = [("mlserver-model", MODEL.encode())]
        self._send(topic, self.requests[contender], count, header)

    def fill(self) -> None:
        """The backlog; it warms the broker, too."""
        self._send(_INPUT, self.bodies, BACKLOG, [])

    def _send(self, topic: str, bodies: Sequence[bytes], count: int, headers: Headers) -> None:
        for first in range(0, count, _AT_ONCE):
            numbers = range(first, min(count, first + _AT_ONCE))
            made = (Sent(bodies[number % _ROWS], b"customer-%d" % number, headers) for number in numbers)
            send(self.broker.brokers, topic, made)


@contextmanager
def built(folder: Path) -> Iterator[Stage]:
    """Everything but the backlog."""
    bundle = _bundle(folder / "bundles")
    schema = bundle.schema()
    rows = customers(schema, _ROWS)
    bodies = [orjson.dumps({name: row[name] for name in row if name != schema.target.name}) for row in rows]
    matrix = encode(schema, {name: [row[name] for row in rows] for name in schema.names}).matrix
    shape = {"name": "rows", "shape": [1, len(schema.names)], "datatype": "FP32"}
    requests = {
        Contender.MLSERVER: [orjson.dumps(v2_request(schema, [row])) for row in rows],
        Contender.MLSERVER_ENCODED: [orjson.dumps({"inputs": [{**shape, "data": row}]}) for row in matrix.tolist()],
    }
    with KafkaBroker(folder / "kafka", MEASURED) as broker:
        broker.create_topics({_INPUT: PARTITIONS, DEAD: 1})
        yield Stage(broker, bundle, bodies, requests, folder / "workers")


def _bundle(folder: Path) -> Bundle:
    spec, schema = load_ensemble(Path("models") / MODEL)
    return train(spec, schema, shipped_customers(spec, schema), seed=0, output=folder).bundle
