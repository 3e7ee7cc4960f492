"""README's path for one's own data, as its commands: init, check, train, promote, serve, infer.

The e2e test walks it with a made-up table, `make bench-training` with real ones.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from support.local_stack import LocalStack

_INFER_SECONDS = 30


@dataclass(frozen=True)
class OwnData:
    """How it went: what init said, seconds from the file to the answer, and the answered P(churn)."""

    said_by_init: str
    seconds: float
    probability: float


def walk(stack: LocalStack, dataset: Path) -> OwnData:
    """Go the whole path, with nothing edited in between. The stack's MLflow must answer. Raises CalledProcessError."""
    started = time.monotonic()
    name = dataset.stem.replace("_", "-")
    folder = stack.folder / "models" / name
    said = _run(stack, "init", str(dataset), "--output", str(folder))
    _run(stack, "check", "--ensemble", str(folder), str(dataset))
    bundles = str(stack.folder / "bundles")
    _run(stack, "train", "--ensemble", str(folder), "--dataset", str(dataset), "--output", bundles)
    _run(stack, "promote", name, "1")
    serving = stack.serve(f"models:/{name}@champion")
    try:
        probability = _ask(serving.rest_url, name, folder / "request.json")
    finally:
        serving.process.stop()
    return OwnData(said, time.monotonic() - started, probability)


def _run(stack: LocalStack, *words: str) -> str:
    command = [sys.executable, "-m", "churn_training", *words]
    done = subprocess.run(command, env=stack.environment, check=True, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    return done.stdout


def _ask(url: str, name: str, request: Path) -> float:
    body = json.loads(request.read_text(encoding="utf-8"))
    answer = httpx.post(f"{url}/v2/models/{name}/infer", json=body, timeout=_INFER_SECONDS).raise_for_status().json()
    return float(answer["outputs"][0]["data"][0])
