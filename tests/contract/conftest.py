"""The real state stores that several contract tests use: one Redis, and a cluster of three; each module has its own."""

from collections.abc import Iterator

import pytest
from support.redis_server import RedisClusterServers, RedisServer


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
