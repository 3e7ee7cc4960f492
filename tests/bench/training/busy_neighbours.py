"""A boosted fit beside two busy processes, against the same fit alone: threads that spin while they wait lose minutes.

Figure: `busy_fit_ratio`, medians of a few fits in fresh processes, because the libraries read how to wait when they
are loaded.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from support.figures import record

_FITS = 5
_BUSY = "while True: pass"
_FIT = """
import churn_training
import json, time
import numpy as np, xgboost, lightgbm
rng = np.random.default_rng(0)
rows = rng.normal(size=(10_000, 20)).astype(np.float32)
target = (rows[:, 0] + rng.normal(size=10_000) > 1).astype(int)
def fit():
    xgboost.XGBClassifier(n_estimators=50, max_depth=4, n_jobs=2).fit(rows, target)
    lightgbm.LGBMClassifier(n_estimators=50, num_leaves=15, n_jobs=2, verbose=-1).fit(rows, target)
fit()
seconds = []
for _ in range(FITS):
    began = time.perf_counter(); fit(); seconds.append(time.perf_counter() - began)
print(json.dumps(seconds))
""".replace("FITS", str(_FITS))


def measure() -> None:
    """Fit alone, then beside as many busy processes as the machine has cores, and record the ratio."""
    alone = _fit()
    with _busy_neighbours():
        beside = _fit()
    print(f"alone {alone:.2f} s, beside busy neighbours {beside:.2f} s", flush=True)
    record("busy_fit_ratio", beside / alone, "times", "<= 3")


def _fit() -> float:
    done = subprocess.run([sys.executable, "-c", _FIT], stdout=subprocess.PIPE, text=True, check=True)
    return float(statistics.median(json.loads(done.stdout.splitlines()[-1])))


@contextmanager
def _busy_neighbours() -> Iterator[None]:
    neighbours = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(os.cpu_count() or 2)]
    try:
        yield
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()
