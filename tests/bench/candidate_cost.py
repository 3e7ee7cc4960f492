"""What a candidate costs the fast path, in a process of its own on core 0: nothing where none is tried.

python -m bench.candidate_cost BUNDLE prints one line of JSON; `measure_candidate` reads it. One row of JSON is answered
by the fast path itself, so the difference of two ways is CPU and no network's noise.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from timeit import timeit

from bench.requests import Form, complete_rows, json_bodies
from bench.rig import SERVER_CORE, on_core, peer_environment
from churn_models.bundle import Bundle, open_bundle
from churn_models.traffic import POLL_SECONDS, OfferedTable, Traffic
from churn_runtimes.answer_counts import ModelName
from churn_runtimes.candidate.follower import Follower, Loaded
from churn_runtimes.candidate.packed_table import PackedTable, checked_table, own_table
from churn_runtimes.candidate.poller import Poller
from churn_runtimes.candidate.trial import Answering
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.limits import Limits
from churn_runtimes.rest.fast_path import FastPath
from support.traffic_server import TrafficServer

_ROUNDS = 300
_LAPS_OF_BODIES = 10
"""So a round is some 10 ms: whoever shares the core takes up to half of its speed, but spares some rounds."""
_LOOKS = 1_000_000
_POLLS = 100


@dataclass(frozen=True)
class CandidateCost:
    """Microseconds of CPU of one answer more than where nobody is asked for candidates, each of its best round."""

    alone_us: float
    """What one costs then, in the fast path alone."""
    idle_us: float
    """The operator is asked every two seconds and names none, and every request looks for one."""
    both_scored_us: float
    """A candidate answers all requests, and both score their rows."""


@dataclass(frozen=True)
class Tried:
    """What a candidate costs: CPU, and waiting at a quarter of the requests (`quarter`)."""

    cost: CandidateCost
    p99_ratios: Sequence[float]


def measure_candidate(bundle: Bundle) -> CandidateCost:
    """Run this file on the servers' core."""
    command = [*on_core(SERVER_CORE), sys.executable, "-m", "bench.candidate_cost", str(bundle.folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=peer_environment())
    return CandidateCost(**json.loads(done.stdout.splitlines()[-1]))


class _Way:
    """One fast path, with or without a candidate beside it."""

    def __init__(self, own: PackedTable, bundle: Bundle) -> None:
        self.answering = Answering()
        # Its time stands, or the operator's silence would end the candidate.
        self.follower = Follower(Loaded(own, bundle.schema(), self.answering), clock=lambda: 0.0)
        name = ModelName(bundle.manifest.model, own.version)
        self._path = FastPath(name, bundle.schema(), own.asked, Limits(), self.answering)

    def us(self, bodies: Sequence[bytes]) -> float:
        """CPU of one answer, all threads' included."""
        began = time.process_time()
        for body in bodies:
            found = self._path.answer(body, None, 64)
            assert found is not None
            found.was_given()
        return (time.process_time() - began) / len(bodies) * 1e6


def _measure(folder: Path) -> CandidateCost:
    bundle = open_bundle(folder)
    bodies = json_bodies(complete_rows(bundle), 1, Form.MATRIX) * _LAPS_OF_BODIES
    evaluator = load_evaluator(bundle)
    assert evaluator.arrays is not None
    own = own_table(bundle, "1", evaluator, evaluator.arrays)
    # The same scores in other memory: the caches are what a second model costs most.
    other = replace(checked_table(own.content, "2", bundle.schema()), sha256=f"sha256:{'0' * 64}")
    alone, both = _Way(own, bundle), _Way(own, bundle)
    both.follower.tables[other.sha256] = other
    table = OfferedTable(sha256=other.sha256, digest=other.digest, version="2")
    both.follower.hear(Traffic(generation=1, tables=(table,), candidate=table.sha256, weight=100))
    rounds = [(alone.us(bodies), both.us(bodies)) for _ in range(_ROUNDS)]
    alone_us, both_us = map(min, zip(*rounds, strict=True))
    # Of a server that is busy with such answers: how many it gives between two polls.
    idle_us = _look_us(alone.answering) + _poll_us(alone.follower) * alone_us / (POLL_SECONDS * 1e6)
    return CandidateCost(alone_us, idle_us, both_us - alone_us)


def _poll_us(follower: Follower) -> float:
    """CPU of one poll over HTTP; what the answering server takes in this process counts too."""
    with TrafficServer() as operator:
        operator.word = Traffic(generation=1)
        poller = Poller(operator.url, follower)
        poller.poll()
        began = time.process_time()
        for _ in range(_POLLS):
            poller.poll()
        return (time.process_time() - began) / _POLLS * 1e6


def _look_us(answering: Answering) -> float:
    """What the look costs that every request takes."""
    bare = timeit("pass", number=_LOOKS)
    return (timeit("answering.trial is None", globals={"answering": answering}, number=_LOOKS) - bare) / _LOOKS * 1e6


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(Path(sys.argv[1])))))
