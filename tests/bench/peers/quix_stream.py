"""Peer: the application that Quix Streams' documentation shows, a customer at a time as its API has it.

python -m bench.peers.quix_stream BUNDLE BROKERS INPUT OUTPUT STATE tables|encode
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from churn_models.bundle import open_bundle
from churn_models.encoding import Matrix, encode
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.evaluator.load import load_evaluator
from quixstreams import Application

Row = dict[str, Any]
ToMatrix = Callable[[Row], Matrix]


def by_tables(schema: FeatureSchema) -> ToMatrix:
    """What a user who looks for speed writes himself: a table for each category, and no look at what is unusual."""
    nothing = float("nan")
    codes = {
        name: {word: float(code) for code, word in enumerate(vocabulary.words)}
        for name, vocabulary in schema.vocabularies.items()
    }
    columns = [(name, codes.get(name)) for name in schema.names]

    def matrix(row: Row) -> Matrix:
        values = [row[name] if words is None else words.get(row[name], nothing) for name, words in columns]
        return np.array([values], dtype=np.float32)

    return matrix


def by_encode(schema: FeatureSchema) -> ToMatrix:
    """By the one public function, which knows every spelling and says what is wrong."""
    return lambda row: encode(schema, {name: [value] for name, value in row.items()}).matrix


_READINGS = {"tables": by_tables, "encode": by_encode}


def main() -> None:
    """Score until SIGTERM."""
    folder, brokers, source, destination, state, reading = sys.argv[1:]
    bundle = open_bundle(Path(folder))
    evaluator, matrix = load_evaluator(bundle), _READINGS[reading](bundle.schema())
    who = {"model": bundle.manifest.model, "digest": bundle.digest}

    def answer(row: Row) -> Row:
        scores, _ = evaluator.evaluate(matrix(row))
        return {"churn_probability": float(scores[0]), **who}

    # Its own defaults but for acks, which it leaves to the broker's client: a commit every 5 s among them.
    application = Application(
        broker_address=brokers,
        consumer_group=destination,
        auto_offset_reset="earliest",
        state_dir=state,
        loglevel="WARNING",
        producer_extra_config={"acks": "all"},
    )
    customers = application.topic(source, value_deserializer="json")
    scores = application.topic(destination, value_serializer="json")
    application.dataframe(customers).apply(answer).to_topic(scores)
    application.run()


if __name__ == "__main__":
    main()
