"""Dashboards over a real Prometheus that scrapes a real server with its sidecar and a candidate: no panel is empty."""

import math
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from churn_models.traffic import Traffic
from churn_training.datasets import Dataset
from support.bundle_server import VERSION, bundle_server
from support.dashboards import DASHBOARDS, Query, queries
from support.drift_sidecar import drift_sidecar
from support.eventually import eventually
from support.free_port import free_port
from support.prometheus_server import PrometheusServer
from support.second_bundle import second_bundle
from support.tables import offer, packed
from support.traffic_server import TrafficServer
from support.users import Users

SECONDS = 60
POD = {"namespace": "churn", "churnmodel": "small", "component": "serving", "track": "stable", "pod": "small-1"}
BOARDS = ("serving", "rollout", "drift")
ELSEWHERE = ("churn_model_state", "churn_decision_total", 'job="operator"')
"""Only an operator has these."""
DISTRIBUTED = ("churnserve_member_request_", "churnserve_member_failures_", "churnserve_degraded_")
"""Only servers whose members are elsewhere have these."""
SHOWN = [
    query
    for file in DASHBOARDS
    if file.stem in BOARDS
    for query in queries(file, interval="10s")
    if not any(name in query.expression for name in (*ELSEWHERE, *DISTRIBUTED))
]


@pytest.fixture(scope="module")
def prometheus(
    bundle: Bundle, telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrometheusServer]:
    folder, port = tmp_path_factory.mktemp("dashboards"), free_port()
    second = second_bundle(telco_schema, dataset, folder / "second")
    tables = {VERSION: packed(bundle, VERSION), "8": packed(second, "8")}
    customers = np.load(bundle.folder / "reference_sample.npy", allow_pickle=False)[:50]
    with TrafficServer() as operator:
        operator.files["/table"] = tables["8"].content
        table = offer(tables["8"], f"{operator.base}/table")
        operator.word = Traffic(tables=(table,), candidate=table.sha256, weight=50, generation=1)
        # A path of a socket is short.
        tap = Path(tempfile.mkdtemp()) / "tap.sock"
        tried = ["--metrics-port", str(port), "--traffic", operator.url, "--tap", str(tap)]
        with (
            drift_sidecar(
                bundle, tap, folder / "sidecar", ["--window-rows", "300", "--window-min-age-seconds", "1"]
            ) as sidecar,
            bundle_server(bundle, folder / "log", tried) as serving,
            PrometheusServer(
                folder / "prometheus",
                {
                    "serving": (f"127.0.0.1:{port}", POD),
                    "drift": (sidecar.url.removeprefix("http://"), POD),
                },
            ) as server,
            Users(serving, np.ascontiguousarray(customers), tables) as users,
        ):
            eventually(lambda: users.versions["8"] >= 500, SECONDS, pause=0.5)
            yield server


def _has_values(prometheus: PrometheusServer, query: Query) -> bool:
    values = [float(series["value"][1]) for series in prometheus.ask(query.expression)]
    return any(math.isfinite(value) for value in values)


@pytest.mark.parametrize("query", SHOWN, ids=str)
def test_no_panel_is_empty(prometheus: PrometheusServer, query: Query) -> None:
    eventually(partial(_has_values, prometheus, query), SECONDS, pause=0.5)


def test_the_labels_of_panels_are_those_of_the_server(prometheus: PrometheusServer) -> None:
    (weight,) = prometheus.ask('churnserve_candidate_weight{job="serving"}')
    assert weight["metric"]["version"] == "8"
    assert weight["metric"]["churnmodel"] == "small"
    assert not [name for series in prometheus.ask('{job=~".+"}') for name in series["metric"] if "exported" in name]


def test_only_what_an_operator_tells_is_left_out() -> None:
    shown = {(query.board, query.panel) for query in SHOWN}
    assert {board: sum(1 for name, _ in shown if name == board) for board in BOARDS} == {
        "serving": 13,
        "rollout": 8,
        "drift": 6,
    }
