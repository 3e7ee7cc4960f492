"""The models without a server, scores and contributions: our evaluator against the libraries, alone on core 0.

python -m bench.model_only BUNDLE prints one line of JSON; `measure_models` reads it.
"""

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import TypeVar

import numpy as np
from bench.peers.stock_ensemble import stock_ensemble, stock_forest
from bench.rig import SERVER_CORE, on_core, peer_environment
from churn_models.bundle import Bundle, open_bundle
from churn_models.bundle_manifest import REFERENCE_SAMPLE
from churn_models.encoding import Matrix
from churn_runtimes.evaluator.load import load_evaluator
from support.library_contributions import library_contributions

_N_JOBS = (1, None, -1)
_BATCH = 4096
_ROUNDS = 20
_ROUND_SECONDS = 0.3
_LAP_SECONDS = 0.01
"""Once through the sample for the evaluator. Short, as whoever shares the core takes up to half of its speed at any
time; and many in a round, as the first finds the caches full of another subject's data."""

_CALLS = 8

Score = Callable[[Matrix], object]
Name = TypeVar("Name")


@dataclass(frozen=True)
class ModelTimes:
    """Microseconds a call, of the best lap; `n_jobs` is the forest's best for one row."""

    n_jobs: int | None
    forest_by_n_jobs_us: dict[str, float]
    evaluator_1_us: float
    forest_1_us: float
    ensemble_1_us: float
    evaluator_4096_us: float
    forest_4096_us: float
    ensemble_4096_us: float
    explain_1_us: float
    explain_by_libraries_1_us: float


def measure_models(bundle: Bundle) -> ModelTimes:
    """Run this file on the servers' core."""
    command = [*on_core(SERVER_CORE), sys.executable, "-m", "bench.model_only", str(bundle.folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=peer_environment())
    return ModelTimes(**json.loads(done.stdout.splitlines()[-1]))


def _measure(folder: Path) -> ModelTimes:
    bundle = open_bundle(folder)
    sample: Matrix = np.load(folder / REFERENCE_SAMPLE, allow_pickle=False)
    batch = np.ascontiguousarray(np.resize(sample, (_BATCH, sample.shape[1])))
    single = [row[np.newaxis] for row in sample]
    forests = {n_jobs: stock_forest(folder, n_jobs) for n_jobs in _N_JOBS}
    by_n_jobs = _best_us({n_jobs: (forest, single) for n_jobs, forest in forests.items()})
    n_jobs = min(by_n_jobs, key=by_n_jobs.__getitem__)
    evaluator = load_evaluator(bundle)
    scores: dict[str, Score] = {
        "evaluator": evaluator.evaluate,
        "forest": forests[n_jobs],
        "ensemble": stock_ensemble(folder, n_jobs),
    }
    one = _best_us({name: (score, single) for name, score in scores.items()})
    many = _best_us({name: (score, [batch]) for name, score in scores.items()})
    libraries = library_contributions(bundle).values()
    explained = _best_us(
        {
            "ours": (evaluator.explain_ensemble, single),
            "libraries": (lambda rows: [explain(rows) for explain in libraries], single),
        }
    )
    return ModelTimes(
        n_jobs,
        {str(tried): took for tried, took in by_n_jobs.items()},
        evaluator_1_us=one["evaluator"],
        forest_1_us=one["forest"],
        ensemble_1_us=one["ensemble"],
        evaluator_4096_us=many["evaluator"],
        forest_4096_us=many["forest"],
        ensemble_4096_us=many["ensemble"],
        explain_1_us=explained["ours"],
        explain_by_libraries_1_us=explained["libraries"],
    )


def _best_us(subjects: Mapping[Name, tuple[Score, list[Matrix]]]) -> dict[Name, float]:
    """Of each subject's best lap; a round of every subject before the next, as with the servers."""
    strides = {name: cycle(_strides(matrices)) for name, (_, matrices) in subjects.items()}
    best = dict.fromkeys(subjects, math.inf)
    for _ in range(_ROUNDS):
        for name, (score, _) in subjects.items():
            best[name] = min(best[name], _round_us(score, strides[name]))
    return best


def _strides(matrices: list[Matrix]) -> list[list[Matrix]]:
    return [matrices[first : first + _CALLS] for first in range(0, len(matrices), _CALLS)]


def _round_us(score: Score, strides: Iterator[list[Matrix]]) -> float:
    best, ends = math.inf, time.perf_counter() + _ROUND_SECONDS
    while time.perf_counter() < ends:
        best = min(best, _lap_us(score, strides))
    return best


def _lap_us(score: Score, strides: Iterator[list[Matrix]]) -> float:
    """Each call with the next matrix, so that one row's path through the trees is not what is measured."""
    calls, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < _LAP_SECONDS:
        stride = next(strides)
        for matrix in stride:
            score(matrix)
        calls += len(stride)
    return took / calls * 1e6


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(Path(sys.argv[1])))))
