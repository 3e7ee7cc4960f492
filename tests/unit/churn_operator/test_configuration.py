"""What the operator is told at its start: by its environment, and by the file of the installation."""

from pathlib import Path

import pytest
from churn_operator.configuration import ConfigurationError, read_configuration
from churn_operator.installation import Installation

REQUIRED = {
    "CHURN_NAMESPACES": "churn",
    "CHURN_SERVING_IMAGE": "serving:1",
    "CHURN_SCORING_IMAGE": "scoring:1",
    "CHURN_TRAINING_IMAGE": "training:1",
    "CHURN_DRIFT_IMAGE": "drift:1",
    "MLFLOW_TRACKING_URI": "http://mlflow:5000",
}
SHIPPED = Path("manifests/operator/installation.yaml")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_variable_that_is_missing_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ConfigurationError, match=name):
        read_configuration()


def test_a_namespace_that_is_named_twice_is_watched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_NAMESPACES", "churn, crm,churn")
    assert read_configuration().namespaces == {"churn", "crm"}


def test_how_many_models_move_to_another_image_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_configuration().image_turns == 1
    monkeypatch.setenv("CHURN_IMAGE_TURNS", "5")
    assert read_configuration().image_turns == 5


@pytest.mark.parametrize("name", ["CHURN_IMAGE_TURNS", "CHURN_REGISTRY_POLL_SECONDS"])
@pytest.mark.parametrize("text", ["0", "-1", "many", "", "nan", "1000000"])
def test_a_number_that_cannot_be_is_named(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(ConfigurationError, match=name):
        read_configuration()


def test_without_a_file_everything_has_its_default() -> None:
    assert read_configuration().settings.installation == Installation()


def test_the_shipped_file_changes_the_hosts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_INSTALLATION", str(SHIPPED))
    shipped = read_configuration().settings.installation
    names = [f"postgresql.churnserve-system{suffix}" for suffix in ("", ".svc", ".svc.cluster.local")]
    assert shipped == Installation(credential_hosts=tuple(names))


@pytest.mark.parametrize(
    "text",
    [
        "runAsUsr: 1",
        "pod: {volumes: []}",
        "dnsPort: high",
        "pod: [",
        "pod: {labels: {a: 1}}",
        "pod: {labels: {churnserve.dev/track: stable}}",
        "pod: {annotations: {app.kubernetes.io/name: x}}",
        "pod: {env: [{name: PGHOST, value: elsewhere}]}",
        "pod: {env: [{name: MLFLOW_TRACKING_URI, value: elsewhere}]}",
        "pod: {env: [{name: LOCALDOMAIN, value: elsewhere}]}",
        'pod: {env: [{name: JOB_COMPLETION_INDEX, value: "0"}]}',
    ],
)
def test_a_file_that_says_something_impossible_is_named(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "installation.yaml"
    file.write_text(text)
    monkeypatch.setenv("CHURN_INSTALLATION", str(file))
    with pytest.raises(ConfigurationError, match=r"installation\.yaml"):
        read_configuration()
