"""A registry is opened for every question to MLflow, by an operator that asks all the time."""

import ssl

import pytest
from churn_models.registry import Registry


def test_the_trusted_certificates_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Registry("https://mlflow.example").close()
    monkeypatch.setattr(ssl, "create_default_context", _read_again)
    Registry("https://mlflow.example").close()


@pytest.mark.parametrize(
    ("tracking", "artifacts", "sent"),
    [
        pytest.param("https://mlflow.example", "https://mlflow.example:5001", True, id="another port"),
        pytest.param("http://mlflow.example", "https://mlflow.example", True, id="https now"),
        pytest.param("https://mlflow.example", "http://mlflow.example", False, id="no https any more"),
        pytest.param("https://mlflow.example", "https://other.example", False, id="another host"),
    ],
)
def test_which_artifact_servers_are_sent_the_credentials(
    tracking: str, artifacts: str, sent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "secret")
    with Registry(tracking) as registry:
        server = registry._open_artifacts(artifacts)  # a real one would need two hosts with certificates
        assert (server.access.credentials.auth is not None) is sent


def _read_again(**_: object) -> ssl.SSLContext:
    raise AssertionError("the certificates are read again")
