"""`make bench-score`: a million telco-like customers from Parquet, beside the registered pyfunc as it was before.

Figures: `score_rows_per_s` and `score_vs_pyfunc` by the processor time of one core, so that a busy machine measures the
same; `score_two_processes` by the clock; `score_rss_mib`. Medians of rounds in which each is measured in turn.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from churn_models.ensemble_spec import load_ensemble
from churn_training.train import train
from support.customers import shipped_customers
from support.figures import record, table

_ENSEMBLE = Path("models/telco")
_ROWS = 1_000_000
_PYFUNC_ROWS = 50_000
_ROUNDS = 3

_MEASURE = """
import json, os, resource, sys, time
from pathlib import Path
core, folder, source, destination, rows = sys.argv[1:]
os.sched_setaffinity(0, {int(core)})
from churn_models.bundle import open_bundle
bundle = open_bundle(Path(folder))
PREPARE
began, used = time.monotonic(), time.process_time()
scored = WORK
used, seconds = time.process_time() - used, time.monotonic() - began
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"rows": scored, "seconds": seconds, "cpu_seconds": used, "rss_mib": rss}))
"""
_SCORE = _MEASURE.replace(
    "PREPARE",
    """
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score.score_table import TableScorer, Task
scorer = TableScorer(bundle, load_evaluator(bundle), lambda text: None)
""",
).replace("WORK", "scorer.score(Task(source, destination)).rows")
_PYFUNC = _MEASURE.replace(
    "PREPARE",
    """
import pandas as pd
from churn_models.encoding import encode
from churn_models.scoring.scorer import load_scorer
from churn_training.pyfunc_model import check_what_pandas_read
schema, scorer = bundle.schema(), load_scorer(bundle)
frame = pd.read_parquet(source).head(int(rows))
def predict():
    columns = {str(name): frame[name].to_numpy() for name in frame.columns}
    check_what_pandas_read(schema, columns)
    return scorer.score(encode(schema, columns).matrix).ensemble
""",
).replace("WORK", "len(predict())")


@dataclass(frozen=True)
class Used:
    """What one process needed for its rows, without its start."""

    rows: int
    seconds: float
    cpu_seconds: float
    rss_mib: float


def main() -> None:
    """Train, make the table, measure in turn, record the figures."""
    with tempfile.TemporaryDirectory(prefix="churnserve-") as name:
        folder = Path(name)
        spec, schema = load_ensemble(_ENSEMBLE)
        customers = shipped_customers(spec, schema)
        bundle = train(spec, schema, customers, seed=0, output=folder).bundle.folder
        source = _write(customers.raw, schema.identity or "row", folder / "million.parquet")
        alone, before, ratios = [], [], []
        for _ in range(_ROUNDS):
            (one,) = _run(_SCORE, bundle, source, cores=[0])
            before += _run(_PYFUNC, bundle, source, cores=[0])
            both = _run(_SCORE, bundle, source, cores=[0, 1])
            alone.append(one)
            ratios.append(2 * one.seconds / max(used.seconds for used in both))
            print(f"one {one}\nbefore {before[-1]}\ntwo {both}", flush=True)
    per_second = statistics.median(used.rows / used.cpu_seconds for used in alone)
    print(
        table(
            [
                record("score_rows_per_s", per_second, "rows/s", ">= 120000"),
                record("score_vs_pyfunc", per_second / _median(before), "times", ">= 5"),
                record("score_two_processes", statistics.median(ratios), "times", ">= 1.6"),
                record("score_rss_mib", max(used.rss_mib for used in alone), "MiB", "<= 500"),
            ]
        )
    )


def _median(used: list[Used]) -> float:
    return statistics.median(one.rows / one.cpu_seconds for one in used)


def _write(customers: pd.DataFrame, identity: str, path: Path) -> Path:
    """The customers over and over, each row with an identity of its own."""
    drawn = customers.iloc[np.random.default_rng(0).integers(0, len(customers), _ROWS)].reset_index(drop=True)
    drawn[identity] = [f"{number:07d}-X" for number in range(_ROWS)]
    drawn.to_parquet(path, index=False, compression="zstd")
    return path


def _run(code: str, bundle: Path, source: Path, cores: list[int]) -> list[Used]:
    """One process for each core, at the same time. Raises CalledProcessError."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    children = []
    for core in cores:
        arguments = [str(core), str(bundle), str(source), f"{source}.{core}.parquet", str(_PYFUNC_ROWS)]
        command = [sys.executable, "-c", code, *arguments]
        children.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
    return [_used(child) for child in children]


def _used(child: "subprocess.Popen[str]") -> Used:
    printed, _ = child.communicate()
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, "a measured process")
    return Used(**json.loads(printed.splitlines()[-1]))


if __name__ == "__main__":
    main()
