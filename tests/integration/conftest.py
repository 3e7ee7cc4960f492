"""The rig of the integration tests: one real API server, one fake kubelet and one fake MLflow for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.api_server import ApiServer, ProgramsMissing
from support.fake_kubelet import FakeKubelet
from support.fake_mlflow_registry import FakeMlflowRegistry
from support.integration_rig import Rig, RunningOperator, install_crds


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    try:
        prepared = ApiServer(tmp_path_factory.mktemp("api-server"))
    except ProgramsMissing as error:
        pytest.skip(str(error))
    with prepared as running:
        install_crds(running.admin)
        yield running


@pytest.fixture(scope="session")
def kubelet(server: ApiServer) -> Iterator[FakeKubelet]:
    with FakeKubelet(server) as running:
        yield running


@pytest.fixture(scope="session")
def mlflow() -> Iterator[FakeMlflowRegistry]:
    with FakeMlflowRegistry() as running:
        yield running


@pytest.fixture(scope="session")
def rig(
    server: ApiServer, kubelet: FakeKubelet, mlflow: FakeMlflowRegistry, tmp_path_factory: pytest.TempPathFactory
) -> Rig:
    folder: Path = tmp_path_factory.mktemp("operators")
    return Rig(server, kubelet, mlflow, folder)


@pytest.fixture(scope="session")
def shared_operator(rig: Rig) -> Iterator[tuple[RunningOperator, str]]:
    """One operator for all tests that do it no harm, and the namespace that it watches."""
    namespace = rig.namespace()
    with rig.operator([namespace]) as running:
        yield running, namespace


@pytest.fixture
def operator(shared_operator: tuple[RunningOperator, str]) -> RunningOperator:
    """It must have survived the tests before."""
    running = shared_operator[0]
    assert running.process.healthy(), running.process.log.read_text(encoding="utf-8")[-3000:]
    return running


@pytest.fixture
def namespace(rig: Rig, shared_operator: tuple[RunningOperator, str], operator: RunningOperator) -> Iterator[str]:
    """The namespace that the shared operator watches. Its ChurnModels go with the test: hundreds would keep it busy."""
    yield shared_operator[1]
    rig.remove_churn_models(shared_operator[1])


@pytest.fixture
def name(rig: Rig) -> str:
    """A name that nothing has yet: for a ChurnModel, and for its registered model."""
    return rig.name()
