"""A million customers of telco's width: what ingest and training take of memory and time, from every kind of source.

Figures: `ingest_rss_mib`, `million_rows_rss_mib` and `million_rows_train_s` (the worst of CSV, Parquet, PostgreSQL).
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from support.figures import record
from support.postgresql_server import PostgresqlServer

ROWS = 1_000_000
_WORDS, _NUMBERS = 12, 7
_CATEGORIES = ["No", "Yes", "No internet service"]


@dataclass(frozen=True)
class Used:
    """Of one command: seconds by the clock and MiB of resident memory at its peak."""

    seconds: float
    rss_mib: float


def measure() -> None:
    """Make the data, run the commands as users type them, record the figures."""
    # Not below a folder that is closed to the account which PostgreSQL runs under.
    with tempfile.TemporaryDirectory(prefix="churnserve-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        ensemble = _write_ensemble(folder / "wide")
        frame = _customers(ROWS)
        frame.to_csv(folder / "million.csv", index=False)
        frame.to_parquet(folder / "million.parquet", index=False)
        del frame
        with PostgresqlServer(folder / "postgresql") as server:
            table = f"{server.url}/million"
            ingest = run_command("ingest", "--ensemble", ensemble, str(folder / "million.csv"), table)
            record("ingest_rss_mib", ingest.rss_mib, "MiB", "<= 1024")
            sources = (str(folder / "million.csv"), str(folder / "million.parquet"), table)
            used = [
                run_command("train", "--ensemble", ensemble, "--dataset", source, "--output", str(folder / "bundles"))
                for source in sources
            ]
        record("million_rows_train_s", max(one.seconds for one in used), "s", "<= 600")
        record("million_rows_rss_mib", max(one.rss_mib for one in used), "MiB", "<= 2048")


def run_command(*arguments: str) -> Used:
    """`python -m churn_training` with these arguments. Raises CalledProcessError where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, "-m", "churn_training", *arguments]
    print("$", *command[1:], flush=True)
    # A process of its own to wait in: its children's peak is that of this command alone.
    waiting = f"import resource, subprocess, sys; code = subprocess.call({command!r}); "
    waiting += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)"
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", waiting], env=environment, stderr=subprocess.PIPE, text=True, check=False
    )
    seconds = time.monotonic() - began
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, stderr=done.stderr)
    used = Used(seconds, int(done.stderr.split()[-1]) / 1024)
    print(f"{used.seconds:.0f} s, {used.rss_mib:.0f} MiB", flush=True)
    return used


def _customers(rows: int) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    columns: dict[str, object] = {"id": [f"{number:07d}-X" for number in range(rows)]}
    for number in range(_WORDS):
        columns[f"word{number}"] = generator.choice(_CATEGORIES, rows)
    for number in range(_NUMBERS):
        columns[f"number{number}"] = generator.gamma(2, 30, rows).round(2)
    frame = pd.DataFrame(columns)
    odds = 2 - frame["number0"] / 60 + (frame["word0"] == "Yes")
    frame["churned"] = np.where(generator.random(rows) < 1 / (1 + np.exp(odds)), "yes", "no")
    return frame


def _write_ensemble(folder: Path) -> str:
    folder.mkdir()
    words = [{"kind": "categorical", "name": f"word{n}", "categories": _CATEGORIES} for n in range(_WORDS)]
    numbers = [{"kind": "numeric", "name": f"number{n}"} for n in range(_NUMBERS)]
    target = {"name": "churned", "positive": "yes", "negative": "no"}
    schema = {"identity": "id", "target": target, "features": [*words, *numbers]}
    members = [
        {"name": "logistic-regression", "kind": "logistic-regression", "parameters": {"max_iter": 200}},
        {"name": "lightgbm", "kind": "lightgbm", "parameters": {"n_estimators": 50, "num_leaves": 15}},
    ]
    spec = {"name": "wide", "combine": "mean", "holdout": 0.25, "members": members}
    (folder / "schema.yaml").write_text(yaml.safe_dump(schema))
    (folder / "ensemble.yaml").write_text(yaml.safe_dump(spec))
    return str(folder)
