"""What several contract tests use, each module its own: two versions of one model, and real state stores."""

from collections.abc import Iterator

import pytest
from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.candidate.packed_table import PackedTable
from churn_training.datasets import Dataset
from support.redis_server import RedisClusterServers, RedisServer
from support.second_bundle import second_bundle
from support.tables import packed


@pytest.fixture(scope="module")
def own(bundle: Bundle) -> PackedTable:
    return packed(bundle, "7")


@pytest.fixture(scope="module")
def second(telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return second_bundle(telco_schema, dataset, tmp_path_factory.mktemp("second"))


@pytest.fixture(scope="module")
def other(second: Bundle) -> PackedTable:
    return packed(second, "8")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="module")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisClusterServers]:
    with RedisClusterServers(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(params=["redis", "redis_cluster"])
def redis_url(request: pytest.FixtureRequest) -> str:
    """Of either."""
    return str(request.getfixturevalue(request.param).url)
