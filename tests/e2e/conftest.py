"""Real servers for the end-to-end tests, each started once."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from support.local_stack import LocalStack
from support.postgresql_server import PostgresqlServer


@pytest.fixture(scope="module", autouse=True)
def mlflow_forgets() -> Iterator[None]:
    """`publish` tells MLflow's client an address, which the client keeps for the whole process."""
    yield
    mlflow.set_tracking_uri("")
    mlflow.set_registry_uri("")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("stack")) as running:
        running.start_mlflow()
        running.wait_for_mlflow()
        yield running


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    # Not below pytest's own folder: that is closed to the account the server runs under.
    with tempfile.TemporaryDirectory(prefix="churnserve-") as folder:
        Path(folder).chmod(0o755)
        with PostgresqlServer(Path(folder) / "postgresql") as server:
            yield server.url
