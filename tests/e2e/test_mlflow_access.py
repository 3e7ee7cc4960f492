"""MLflow as other people run it: behind a login, below a prefix, over TLS, with other artifact roots, copied models.

The same variables and addresses have to work in `publish`, `fetch` and `serve`.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import mlflow
import pytest
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.exit_code import ExitCode
from churn_models.feature_schema import FeatureSchema
from churn_models.names import CHALLENGER, CHAMPION
from churn_models.registry import ModelReference
from churn_runtimes import cli as runtimes
from churn_training import cli as training
from churn_training import tracking_server
from churn_training.datasets import Dataset
from churn_training.train import Trained, train
from support.command_line import Finished, run
from support.http_answers import Answer, http_answers
from support.local_stack import LocalStack
from support.login_proxy import LoginProxy, make_certificate
from support.probe import succeeds

PASSWORD = "s3cret/#1"
BASIC = "Basic " + base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
ROUTE = "api/2.0/mlflow-artifacts/artifacts"


class Commands:
    """The two command lines of one user."""

    def __init__(
        self, trained: Trained, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._trained, self._folder, self._capsys = trained, folder, capsys
        # What `publish` sets for MLflow's client in this process is undone after the test.
        for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
            monkeypatch.setenv(name, "")
        monkeypatch.setenv("HOME", str(folder))

    def publish(self, uri: str, variables: Mapping[str, str], folder: Path | None = None) -> Finished:
        """Register the bundle."""
        arguments = ["publish", str(folder or self._trained.folder), "--tracking-uri", uri]
        return run(training.main, arguments, self._capsys, variables)

    def fetch(self, uri: str, variables: Mapping[str, str], model: str = "small", alias: str = CHALLENGER) -> Finished:
        """Fetch the version behind an alias."""
        return self.fetch_from(f"models:/{model}@{alias}", uri, variables)

    def fetch_from(self, source: str, uri: str, variables: Mapping[str, str]) -> Finished:
        """Fetch what a `models:/` address names."""
        arguments = ["fetch", "--source", source, "--to", str(self._folder / "fetched"), "--tracking-uri", uri]
        return run(runtimes.main, arguments, self._capsys, variables)


@pytest.fixture
def commands(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Commands]:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    yield Commands(trained, tmp_path, capsys, monkeypatch)
    mlflow.set_tracking_uri("")
    mlflow.set_registry_uri("")


@pytest.fixture
def train_as(
    spec: EnsembleSpec, telco_schema: FeatureSchema, dataset: Dataset, tmp_path: Path
) -> Callable[[str], Path]:
    """What `train` writes for the small ensemble under another name."""
    return lambda name: train(spec.renamed(name), telco_schema, dataset, seed=0, output=tmp_path).folder


def _works(commands: Commands, uri: str, variables: Mapping[str, str]) -> None:
    for ended in (commands.publish(uri, variables), commands.fetch(uri, variables)):
        assert ended.exit_code == 0, ended.output
        assert PASSWORD not in ended.output and "s3cret" not in ended.output


@pytest.mark.case("22-prefix-deleted-stages")
@pytest.mark.case("17-mlflow-behind-basic-auth")
@pytest.mark.parametrize(
    ("wanted", "variables", "in_address"),
    [
        pytest.param(
            BASIC,
            {"MLFLOW_TRACKING_USERNAME": "alice", "MLFLOW_TRACKING_PASSWORD": PASSWORD},
            "",
            id="name and password",
        ),
        pytest.param("Bearer t0ken", {"MLFLOW_TRACKING_TOKEN": "t0ken"}, "", id="token"),
        pytest.param(BASIC, {}, "alice:s3cret%2F%231@", id="in the address"),
    ],
)
def test_behind_a_login_below_a_prefix(
    wanted: str, variables: dict[str, str], in_address: str, commands: Commands, stack: LocalStack
) -> None:
    with LoginProxy(stack.tracking_uri, wanted, prefix="/mlflow") as proxy:
        _works(commands, proxy.url.replace("://", f"://{in_address}"), variables)
        assert proxy.refused == 0


@pytest.mark.parametrize("trust", ["MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_INSECURE_TLS"])
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_over_tls_of_its_own(trust: str, commands: Commands, stack: LocalStack, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "mlflow.pem")
    variables = {"MLFLOW_TRACKING_TOKEN": "t0ken", trust: "true" if "INSECURE" in trust else str(certificate)}
    with LoginProxy(stack.tracking_uri, "Bearer t0ken", certificate=certificate) as proxy:
        _works(commands, proxy.url, variables)
        refused = commands.fetch(proxy.url, {"MLFLOW_TRACKING_TOKEN": "t0ken"})
    assert "RegistryUnreachable" in refused.output and "certificate verify failed" in refused.output


@pytest.mark.case("17-mlflow-behind-basic-auth")
def test_a_wrong_login_is_told_at_once(commands: Commands, stack: LocalStack) -> None:
    with LoginProxy(stack.tracking_uri, BASIC) as proxy:
        published = commands.publish(proxy.url.replace("://", "://alice:s3cret@"), {})
        fetched = commands.fetch(proxy.url, {})
        assert proxy.refused == 2
    assert published.exit_code == 4
    for ended in (published, fetched):
        assert "wants other credentials (401): set MLFLOW_TRACKING_USERNAME" in ended.output
        assert "s3cret" not in ended.output


@pytest.mark.case("19-artifact-root-with-a-host")
@pytest.mark.parametrize("root", ["mlflow-artifacts://{host}/team-a", "{uri}/" + ROUTE + "/experiments"])
def test_an_artifact_root_that_names_a_host(
    root: str, commands: Commands, stack: LocalStack, train_as: Callable[[str], Path]
) -> None:
    name = "rooted-by-mlflow" if root.startswith("mlflow") else "rooted-by-http"
    location = root.format(uri=stack.tracking_uri, host=stack.tracking_uri.partition("//")[2])
    mlflow.MlflowClient(stack.tracking_uri).create_experiment(name, artifact_location=location)
    assert commands.publish(stack.tracking_uri, {}, train_as(name)).exit_code == 0
    fetched = commands.fetch(stack.tracking_uri, {}, name)
    assert fetched.exit_code == 0, fetched.output


@pytest.mark.case("20-artifacts-not-proxied")
def test_what_nobody_could_fetch_is_not_registered(
    commands: Commands, stack: LocalStack, train_as: Callable[[str], Path], tmp_path: Path
) -> None:
    client = mlflow.MlflowClient(stack.tracking_uri)
    client.create_experiment("direct", artifact_location=str(tmp_path / "direct"))
    ended = commands.publish(stack.tracking_uri, {}, train_as("direct"))
    assert ended.exit_code == 4
    assert f"experiment direct keeps its files at {tmp_path}/direct" in ended.output
    assert "--serve-artifacts" in ended.output and "a new experiment" in ended.output
    assert not client.search_model_versions("name='direct'")


@pytest.mark.case("21-copied-and-renamed-model")
def test_a_copied_version_has_the_name_that_it_was_asked_by(commands: Commands, stack: LocalStack) -> None:
    assert commands.publish(stack.tracking_uri, {}).exit_code == 0
    client = mlflow.MlflowClient(stack.tracking_uri)
    challenger = stack.registry.resolve(ModelReference("small", alias=CHALLENGER))
    copied = client.copy_model_version(f"models:/small/{challenger.version}", "small-prod")
    client.set_registered_model_alias("small-prod", CHAMPION, copied.version)
    serving = stack.serve("models:/small-prod@champion", "--tracking-uri", stack.tracking_uri)
    assert succeeds(f"{serving.rest_url}/v2/models/small-prod/ready")
    assert not succeeds(f"{serving.rest_url}/v2/models/small/ready")
    assert serving.process.stop() == 0
    assert "serving small-prod 1 sha256:" in serving.process.log.read_text()


@pytest.mark.case("22-prefix-deleted-stages")
def test_an_alias_that_nobody_set_is_told_by_its_name(commands: Commands, stack: LocalStack) -> None:
    assert commands.publish(stack.tracking_uri, {}).exit_code == 0
    ended = commands.fetch(stack.tracking_uri, {}, alias="nobody")
    assert "error (VersionNotFound): small has no alias nobody in MLflow" in ended.output


@pytest.mark.case("22-prefix-deleted-stages")
@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("models:/small/Production", "aliases have taken the place of stages", id="a stage"),
        pytest.param("models:/nobody@production", "MLflow knows no such model", id="an alias of a model not there"),
        pytest.param("models:/small/latest", "neither models:/name@alias nor models:/name/version", id="latest"),
        pytest.param("models:/small/4711", "4711", id="a version that is gone"),
        pytest.param("models:/nobody/1", "nobody", id="a model that is not there"),
    ],
)
def test_what_an_address_does_not_name_is_told(
    source: str, message: str, commands: Commands, stack: LocalStack
) -> None:
    ended = commands.fetch_from(source, stack.tracking_uri, {})
    assert ended.exit_code == ExitCode.UNAVAILABLE
    assert "error (VersionNotFound): " in ended.output and message in ended.output


@pytest.mark.case("22-prefix-deleted-stages")
def test_a_deleted_experiment_is_told_by_its_name(
    commands: Commands, stack: LocalStack, train_as: Callable[[str], Path]
) -> None:
    client = mlflow.MlflowClient(stack.tracking_uri)
    client.delete_experiment(client.create_experiment("deleted"))
    ended = commands.publish(stack.tracking_uri, {}, train_as("deleted"))
    assert ended.exit_code == 4
    assert "deleted experiment 'deleted'" in ended.output and "restore" in ended.output


@pytest.mark.case("35-mlflow-without-its-database")
def test_mlflow_without_its_database(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking_server, "WAIT_SECONDS", 3.0)
    with http_answers(lambda path: Answer(200 if path.endswith("/health") else 503, b"")) as uri:
        ended = commands.publish(uri, {})
    assert ended.exit_code == 4
    assert f"MLflow at {uri} cannot answer registered-models/search now (503)" in ended.output
    assert "asking again for 3 s" in ended.output
