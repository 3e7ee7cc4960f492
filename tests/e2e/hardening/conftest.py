"""One server on core 0 to abuse, and its honest other client on core 1."""

import os
from collections.abc import Iterator
from contextlib import closing

import pytest
from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_training.datasets import Dataset
from churn_training.train import train
from support.bundle_server import bundle_server
from support.hardening.ahead import ahead
from support.hardening.neighbour import ONE_ROW, Neighbour
from support.local_stack import Serving
from support.small_ensemble import small_spec


@pytest.fixture(scope="session", autouse=True)
def load_core() -> Iterator[None]:
    """The tests stay off the server's core; what they start inherits that."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture(scope="session")
def abused(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with bundle_server(bundle, tmp_path_factory.mktemp("abused") / "server.log", core=0) as serving:
        yield serving


@pytest.fixture(scope="session")
def large_bundle(telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Trees enough that scoring a request costs more than reading it."""
    spec = small_spec()
    forest = next(member for member in spec.members if member.kind is MemberKind.RANDOM_FOREST)
    others = [member for member in spec.members if member is not forest]
    forest = forest.model_copy(update={"parameters": {"n_estimators": 600, "min_samples_leaf": 2}})
    spec = spec.model_copy(update={"members": (forest, *others)})
    return train(spec, telco_schema, dataset, seed=0, output=tmp_path_factory.mktemp("large")).bundle


@pytest.fixture(scope="module")
def server(large_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that is busy, and goes before all others of its core, as this process does."""
    with (
        bundle_server(large_bundle, tmp_path_factory.mktemp("busy") / "server.log", core=0) as serving,
        ahead(0, serving.process.pid),
    ):
        yield serving


@pytest.fixture
def neighbour(abused: Serving) -> Iterator[Neighbour]:
    with ahead(0, abused.process.pid), closing(Neighbour(abused.rest_url, ONE_ROW)) as neighbour:
        yield neighbour
