"""One server for all protocol tests, customers to ask it about, and what it must answer."""

from collections.abc import Iterator

import grpc
import httpx
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix, encode
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema
from churn_models.scoring.scorer import load_scorer
from churn_training.datasets import Dataset
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.bundle_server import bundle_server
from support.local_stack import Serving

ROWS = 5


@pytest.fixture(scope="session")
def server(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with bundle_server(bundle, tmp_path_factory.mktemp("v2") / "server.log") as serving:
        yield serving


@pytest.fixture(scope="session")
def rest(server: Serving) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.rest_url, timeout=15) as client:
        yield client


@pytest.fixture(scope="session")
def stub(server: Serving) -> Iterator[GRPCInferenceServiceStub]:
    with grpc.insecure_channel(server.grpc_target, options=[("grpc.max_receive_message_length", -1)]) as channel:
        yield GRPCInferenceServiceStub(channel)


@pytest.fixture(scope="session")
def customers(dataset: Dataset) -> pd.DataFrame:
    """One of them with a missing charge; all with whole months, so that integer tensors can carry them."""
    missing = dataset.raw["TotalCharges"].isna()
    chosen = pd.concat([dataset.raw[~missing].head(ROWS - 1), dataset.raw[missing].head(1)])
    return chosen.assign(tenure=range(1, ROWS + 1)).reset_index(drop=True)


@pytest.fixture(scope="session")
def matrix(telco_schema: FeatureSchema, customers: pd.DataFrame) -> Matrix:
    return encode(telco_schema, {name: customers[name].to_numpy() for name in telco_schema.names}).matrix


@pytest.fixture(scope="session")
def scores(bundle: Bundle, matrix: Matrix) -> EnsembleScores:
    """What the bundle's members score in this process."""
    return load_scorer(bundle).score(matrix)
