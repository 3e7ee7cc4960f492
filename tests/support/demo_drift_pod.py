"""A serving pod of `make demo-drift`: the real server, the real drift sidecar, and the tap between them."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import numpy as np
import pandas as pd
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.drift.report import REPORT_PATH, Report
from churn_models.feature_schema import FeatureSchema
from support.free_port import free_port
from support.local_stack import LocalStack
from support.probe import succeeds
from support.processes import Process
from support.v2_client import infer_request

_ROWS = 8
"""Of a request: the tap counts no more of one."""
_SECONDS = 20.0


@dataclass(frozen=True)
class DemoPod:
    """Of one version."""

    version: int
    bundle: Bundle
    schema: FeatureSchema
    url: str
    drift_url: str

    def answer(self, customers: pd.DataFrame) -> Scores:
        """P(churn) of each, by requests of a few customers."""
        url, scores = f"{self.url}/v2/models/{self.bundle.manifest.model}/infer", []
        with httpx.Client(timeout=_SECONDS) as client:
            for first in range(0, len(customers), _ROWS):
                body = infer_request(self.schema, customers.iloc[first : first + _ROWS])
                answer = client.post(url, json=body).raise_for_status().json()
                scores.append(np.asarray(answer["outputs"][0]["data"], dtype=np.float64))
        return np.concatenate(scores)

    def report(self, rows: int) -> Report:
        """What the sidecar says once it has counted so many. Raises TimeoutError."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            report = Report.model_validate_json(httpx.get(self.drift_url + REPORT_PATH).content)
            if report.rows >= rows:
                return report
            time.sleep(0.05)
        raise TimeoutError(f"the sidecar of version {self.version} has not counted {rows} rows")


@contextmanager
def started_pod(stack: LocalStack, version: int, bundle: Bundle) -> Iterator[DemoPod]:
    """Sidecar and server; the sidecar ends with the context, the server with the stack."""
    tap, port = stack.folder / f"tap-{version}.sock", free_port()
    options = {
        "--bundle": str(bundle.folder),
        "--digest": bundle.digest,
        "--name": "telco",
        "--model-version": str(version),
        "--tap": str(tap),
        "--host": "127.0.0.1",
        "--port": str(port),
    }
    command = [sys.executable, "-m", "churn_runtimes", "drift", *(word for one in options.items() for word in one)]
    sidecar = Process(command, stack.folder / f"sidecar-{version}.log", stack.environment)
    try:
        sidecar.wait_until(lambda: succeeds(f"http://127.0.0.1:{port}/healthz"), _SECONDS)
        serving = stack.serve(str(bundle.folder), "--tap", str(tap))
        yield DemoPod(version, bundle, bundle.schema(), serving.rest_url, f"http://127.0.0.1:{port}")
    finally:
        sidecar.stop()
