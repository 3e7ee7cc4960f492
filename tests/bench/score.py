"""`make bench-score`: a million telco-like customers from Parquet, beside the registered pyfunc as it was before.

Figures: `score_rows_per_s`, `score_vs_pyfunc` and `score_two_processes` by processor time, so that a busy machine
measures the same (two processes by the clock are printed beside it); `score_rss_mib`. Medians of rounds in which each
is measured in turn. At last the same by Spark, which README tells of.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from bench.spark_rows import scored_by_spark
from churn_models.ensemble_spec import load_ensemble
from churn_training.train import train
from support.customers import shipped_customers
from support.figures import record, table

_ENSEMBLE = Path("models/telco")
_ROWS = 1_000_000
_PYFUNC_ROWS = 50_000
_ROUNDS = 3

_MEASURE = """
import json, os, sys, time
from pathlib import Path
core, folder, source, destination, rows = sys.argv[1:]
os.sched_setaffinity(0, {int(core)})
from churn_models.bundle import open_bundle
bundle = open_bundle(Path(folder))
PREPARE
began, used = time.monotonic(), time.process_time()
scored = WORK
used, seconds = time.process_time() - used, time.monotonic() - began
# Not ru_maxrss: a process that was started by vfork has its parent's.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
rss = int(status["VmHWM"].split()[0]) / 1024
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
        trained = train(spec, schema, customers, seed=0, output=folder)
        bundle = trained.bundle.folder
        source = _write(customers.raw, schema.identity or "row", folder / "million.parquet")
        alone, before, pairs = [], [], []
        for _ in range(_ROUNDS):
            (one,) = _run(_SCORE, bundle, source, cores=[0])
            before += _run(_PYFUNC, bundle, source, cores=[0])
            both = _run(_SCORE, bundle, source, cores=[0, 1])
            alone.append(one)
            pairs.append(both)
            print(f"one {one}\nbefore {before[-1]}\ntwo {both}", flush=True)
        by_spark = Used(**scored_by_spark(trained, source, folder, core=0))
    print(f"spark_udf {by_spark}: {by_spark.rows / by_spark.cpu_seconds:.0f} rows/s of one core")
    print(f"two processes by the clock: {_times_one(alone, pairs, lambda used: used.seconds):.2f} times one")
    per_second = statistics.median(used.rows / used.cpu_seconds for used in alone)
    print(
        table(
            [
                record("score_rows_per_s", per_second, "rows/s", ">= 120000"),
                record("score_vs_pyfunc", per_second / _median(before), "times", ">= 5"),
                record(
                    "score_two_processes", _times_one(alone, pairs, lambda used: used.cpu_seconds), "times", ">= 1.6"
                ),
                record("score_rss_mib", max(used.rss_mib for used in alone), "MiB", "<= 500"),
            ]
        )
    )


def _times_one(alone: list[Used], pairs: list[list[Used]], took: Callable[[Used], float]) -> float:
    """How much more two processes score in a second than one."""
    return statistics.median(2 * took(one) / max(map(took, both)) for one, both in zip(alone, pairs, strict=True))


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
