"""From requests to realised AUC with real processes: server, the version before beside it, labels' process, PostgreSQL.

The labels' process comes late: what was asked before is kept until it is there. Then two months pass.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import psycopg
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix, encode
from churn_models.feature_schema import FeatureSchema
from churn_models.identity_key import identity_hash
from churn_models.labels.spoken import Prediction
from churn_models.scoring.scorer import load_scorer
from churn_models.tables.label_store import LabelStore
from churn_models.traffic import State, Traffic
from churn_training.datasets import Dataset
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from sklearn.metrics import roc_auc_score
from support.bundle_server import VERSION, bundle_server
from support.eventually import eventually
from support.free_port import free_port
from support.labels_process import labels_process
from support.local_stack import Serving
from support.second_bundle import second_bundle
from support.tables import offer, packed
from support.traffic_server import TrafficServer
from support.v2_tensors import grpc_matrix, matrix_tensor

CUSTOMERS = 160
SHARE = 0.5
HORIZON = timedelta(days=60)
SECONDS = 60
PATIENCE_SECONDS = 150
"""Twice the longest pause between two attempts to post."""


@dataclass(frozen=True)
class World:
    """A server that posts predictions, and who is asked about."""

    serving: Serving
    previous: Bundle
    customers: list[str]
    matrix: Matrix
    churned: list[bool]

    @property
    def sampled(self) -> list[int]:
        """Places of those whose predictions are kept."""
        return [place for place, one in enumerate(self.customers) if int(identity_hash(one), 16) < SHARE * 2**64]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predictions")
    (folder / "token").write_text("who-tells-outcomes\n")
    (folder / "predictions-token").write_text("serving-pods\n")
    return folder


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def world(bundle: Bundle, telco_schema: FeatureSchema, dataset: Dataset, folder: Path, port: int) -> Iterator[World]:
    previous, metrics = second_bundle(telco_schema, dataset, folder / "second"), free_port()
    asked = dataset.raw.head(CUSTOMERS)
    matrix = encode(telco_schema, {name: asked[name].to_numpy() for name in telco_schema.names}).matrix
    with TrafficServer() as operator:
        table = packed(previous, "6")
        operator.files["/table"] = table.content
        offered = offer(table, f"{operator.base}/table")
        operator.word = Traffic(generation=1, tables=(offered,), candidate=table.sha256, sample=100, previous=True)
        options = ["--metrics-port", str(metrics), "--traffic", operator.url]
        options += ["--labels", f"http://127.0.0.1:{port}", "--labels-sample", str(SHARE), "--labels-model", "telco"]
        options += ["--labels-customer", "x-customer", "--labels-token-file", str(folder / "predictions-token")]
        with bundle_server(bundle, folder / "server.log", options) as serving:
            state = f"http://127.0.0.1:{metrics}/state"
            eventually(lambda: State.read(httpx.get(state, timeout=SECONDS).content).in_force, SECONDS)
            churned = [value == "Yes" for value in asked["Churn"]]
            yield World(serving, previous, [str(one) for one in asked["customerID"]], matrix, churned)


@pytest.fixture(scope="module")
def kept(world: World, postgresql: str, folder: Path, port: int) -> Iterator[str]:
    """The labels' process, which has been told of every request by now."""
    LabelStore.at(postgresql).create()
    _ask_all(world)
    with labels_process(postgresql, folder, port) as url:
        eventually(lambda: _all_are_kept(world, postgresql), PATIENCE_SECONDS, pause=0.5)
        yield url
    with psycopg.connect(postgresql) as connection:
        connection.execute("DROP TABLE outcomes, predictions")


def _all_are_kept(world: World, database: str) -> bool:
    kept = len(_rows(database, "score"))
    assert kept == 2 * len(world.sampled), kept
    return True


def _ask_all(world: World) -> None:
    """Each customer by one of the ways in which requests name one; and everybody once more without a name."""
    with grpc.insecure_channel(world.serving.grpc_target) as channel, httpx.Client(timeout=SECONDS) as client:
        infer = GRPCInferenceServiceStub(channel).ModelInfer
        for place, customer in enumerate(world.customers):
            row = world.matrix[place : place + 1]
            request = grpc_matrix("small", row)
            match place % 4:
                case 0:
                    _post(client, world, row, headers={"X-Customer": customer})
                case 1:
                    _post(client, world, row, parameters={"x-customer": customer})
                case 2:
                    infer(request, metadata=[("x-customer", customer)])
                case 3:
                    request.parameters["x-customer"].string_param = customer
                    infer(request)
            _post(client, world, row)


def _post(
    client: httpx.Client, world: World, row: Matrix, headers: Mapping[str, str] | None = None, **fields: Any
) -> None:
    url = f"{world.serving.rest_url}/v2/models/small/infer"
    answer = client.post(url, json={"inputs": [matrix_tensor(row)], **fields}, headers=headers)
    assert answer.status_code == 200, answer.text


def _rows(database: str, columns: str, digest: str | None = None) -> list[Any]:
    with psycopg.connect(database) as connection:
        where = "" if digest is None else f" WHERE digest = '{digest}'"
        return connection.execute(f"SELECT {columns} FROM predictions{where} ORDER BY identity_hash").fetchall()


def test_every_sampled_customer_has_both_scores_and_no_name(
    world: World, kept: str, bundle: Bundle, postgresql: str
) -> None:
    places = sorted(world.sampled, key=lambda place: identity_hash(world.customers[place]))
    own, before = (load_scorer(one).score(world.matrix).ensemble[places] for one in (bundle, world.previous))
    columns = "identity_hash, score, previous_score, previous_digest, model, version"
    rows = _rows(postgresql, columns, bundle.digest)
    assert [row[0] for row in rows] == [identity_hash(world.customers[place]) for place in places]
    assert np.allclose([row[1:3] for row in rows], np.column_stack([own, before]), atol=1e-6)
    assert {row[3:] for row in rows} == {(world.previous.digest, "telco", VERSION)}
    alone = _rows(postgresql, "score, previous_digest, version", world.previous.digest)
    assert np.allclose([row[0] for row in alone], before, atol=1e-6), "the version before is judged by them too"
    assert {row[1:] for row in alone} == {(None, "6")}


def test_two_months_later_outcomes_give_the_realised_auc(
    world: World, kept: str, bundle: Bundle, postgresql: str
) -> None:
    with psycopg.connect(postgresql) as connection:
        connection.execute("UPDATE predictions SET time = time - interval '61 days'")
    now = datetime.now(UTC)
    outcomes = [
        {"model": "telco", "identity": customer, "label": churned, "time": (now - age).isoformat()}
        for customer, churned in zip(world.customers, world.churned, strict=True)
        for age in [timedelta(days=40) if churned else timedelta(0)]
    ]
    token = {"Authorization": "Bearer who-tells-outcomes"}
    answer = httpx.post(f"{kept}/v1/outcomes", json={"outcomes": outcomes}, headers=token, timeout=SECONDS)
    assert answer.json() == {"taken": CUSTOMERS}
    query = {"digest": bundle.digest, "previous": world.previous.digest, "horizon": str(HORIZON.total_seconds())}
    report = httpx.get(f"{kept}/v1/reports/telco", params=query, timeout=SECONDS).json()
    places = world.sampled
    scores = load_scorer(bundle).score(world.matrix[places]).ensemble
    truth = roc_auc_score([world.churned[place] for place in places], scores)
    assert report["labels"] == report["paired"] == len(places)
    assert report["auc"]["value"] == pytest.approx(truth, abs=1e-6)


def test_what_is_older_than_the_retention_is_forgotten_when_the_process_starts(
    kept: str, postgresql: str, folder: Path
) -> None:
    store, old = LabelStore.at(postgresql), datetime.now(UTC) - timedelta(days=366)
    said = Prediction(model="old", identity="1", time=old, digest="sha256:" + "9" * 64, version="1", score=0.5)
    store.write_predictions([said])
    before = len(_rows(postgresql, "score"))
    with labels_process(postgresql, folder, free_port()):
        eventually(lambda: len(_rows(postgresql, "score")) == before - 1, SECONDS)
