"""What the report adds to a training: of telco, and with as many rows that judge as a million customers leave.

Figures, in seconds of processor time, which one thread takes of an idle machine too: `report_cpu_s` (median of five
pages of telco) and `report_large_cpu_s` (one page of 200,000 rows).
"""

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from churn_models.ensemble_spec import load_ensemble
from churn_models.holdout import Holdout
from churn_training.datasets import open_dataset
from churn_training.report.facts import Facts, facts_of_bundle
from churn_training.report.write_report import write_report
from churn_training.train import train
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from support.figures import record

PAGES = 5
ROWS = 200_000


def measure() -> None:
    """Train once, write pages, record."""
    spec, schema = load_ensemble(Path("models/telco"))
    dataset = open_dataset(None, spec, schema)
    with tempfile.TemporaryDirectory(prefix="churnserve-") as name:
        folder = Path(name)
        trained = train(spec, schema, dataset, 0, folder)
        rows = TrainingData.from_table(schema, validate(schema, dataset.raw))
        keys = trained.bundle.holdout().keys
        facts = facts_of_bundle(trained.bundle, spec, rows.matrix[np.isin(rows.keys, keys)])
        taken = [_seconds(facts, folder) for _ in range(PAGES)]
        record("report_cpu_s", statistics.median(taken), "s", "<= 3")
        record("report_large_cpu_s", _seconds(_enlarged(facts), folder), "s", "<= 30")
        print(f"telco {taken}", flush=True)


def _seconds(facts: Facts, folder: Path) -> float:
    began = time.process_time()
    write_report(facts, folder / "page.html")
    return time.process_time() - began


def _enlarged(facts: Facts) -> Facts:
    """The same rows again and again, with scores that differ a little."""
    assert facts.matrix is not None
    chosen = np.arange(ROWS) % len(facts.matrix)
    found = facts.holdout
    generator = np.random.default_rng(0)
    scores = np.clip(found.score[chosen] + generator.normal(0, 0.01, ROWS), 0, 1)
    members = np.clip(found.members[chosen] + generator.normal(0, 0.01, (ROWS, found.members.shape[1])), 0, 1)
    holdout = Holdout(found.keys[chosen], found.target[chosen], scores, members)
    return replace(facts, matrix=facts.matrix[chosen], holdout=holdout)
