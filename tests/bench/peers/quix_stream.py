"""Peer: Quix Streams with our reader of rows and our evaluator, a customer at a time as its API has it.

python -m bench.peers.quix_stream BUNDLE BROKERS INPUT OUTPUT STATE
"""

import sys
from pathlib import Path

import orjson
from churn_models.bundle import open_bundle
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.stream.row_reader import RowReader
from quixstreams import Application


def main() -> None:
    """Score until SIGTERM."""
    folder, brokers, source, destination, state = sys.argv[1:]
    bundle = open_bundle(Path(folder))
    schema = bundle.schema()
    evaluator, rows = load_evaluator(bundle), RowReader(schema)
    who = {"model": bundle.manifest.model, "digest": bundle.digest}

    def answer(body: bytes) -> bytes:
        score = evaluator.evaluate(rows.matrix([rows.read(body, {})]))[0]
        return orjson.dumps({"churn_probability": float(score[0]), **who})

    # Without its topic checks: the bench has made both. Its default of a commit every 5 s is kept.
    application = Application(
        broker_address=brokers,
        consumer_group=destination,
        auto_offset_reset="earliest",
        state_dir=state,
        loglevel="WARNING",
        producer_extra_config={"acks": "all", "linger.ms": 2},
        # With librdkafka's default of a second a consumer that has emptied its queue stands still that long.
        consumer_extra_config={"fetch.queue.backoff.ms": 5},
    )
    customers = application.topic(source, value_deserializer="bytes", key_deserializer="bytes")
    scores = application.topic(destination, value_serializer="bytes", key_serializer="bytes")
    application.dataframe(customers).apply(answer).to_topic(scores)
    application.run()


if __name__ == "__main__":
    main()
