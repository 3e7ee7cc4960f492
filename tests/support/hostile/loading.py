"""Loads one bundle after the other, each in a fork of its own with 10 seconds and 1 GiB: `python -m` it.

Reads lines of JSON, `{"folder": …, "member": name or null}`, and writes one for each: how loading has ended. One
process imports the libraries for all of them.
"""

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import catboost  # noqa: F401  # imported once, before the forks
import lightgbm  # noqa: F401
import sklearn.ensemble  # noqa: F401
import skops.io  # noqa: F401
import xgboost  # noqa: F401
from churn_models.bundle import open_bundle
from churn_models.errors import BundleError
from churn_models.scoring.library_versions import naming_versions
from churn_models.scoring.scorer import check_golden_rows
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.model_settings import model_settings

SECONDS, BYTES = 10, 1 << 30


def _load(folder: Path, member: str | None) -> str:
    """What the ensemble's runtime does: the name of the BundleError with its text, or "served"."""
    try:
        bundle = open_bundle(folder)
        model_settings(bundle, "hostile", None)
        with naming_versions(bundle.manifest):
            check_golden_rows(bundle, load_evaluator(bundle, member), member)
    except BundleError as error:
        return f"{type(error).__name__}: {error}"
    return "served"


def _in_a_fork(asked: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
        try:
            os.write(writing, _load(Path(asked["folder"]), asked["member"]).encode()[:4000])
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    return {"said": said, "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_in_a_fork(json.loads(line))) + "\n")
        sys.stdout.flush()
