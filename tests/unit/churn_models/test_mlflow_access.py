"""One set of variables, MLflow's own, gets into its server everywhere; no message or repr shows a secret."""

from pathlib import Path

import httpx
import pytest
from churn_models.errors import RegistryUnreachable
from churn_models.mlflow_access import Credentials, MlflowAccess

SECRET = "Wint3r/Sale#1"
BASIC = {"MLFLOW_TRACKING_USERNAME": "alice", "MLFLOW_TRACKING_PASSWORD": SECRET}
BY_NAME = httpx.BasicAuth("alice", SECRET)._auth_header


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


def _header(access: MlflowAccess) -> str | None:
    request = httpx.Request("GET", access.address)
    if access.credentials.auth is not None:
        request = next(access.credentials.auth.auth_flow(request))
    header: str | None = request.headers.get("authorization")
    return header


@pytest.mark.parametrize(
    ("uri", "environment", "header"),
    [
        pytest.param("http://mlflow:5000", {}, None, id="nobody in particular"),
        pytest.param("http://mlflow:5000", BASIC, BY_NAME, id="name and password"),
        pytest.param("http://mlflow:5000", {"MLFLOW_TRACKING_TOKEN": "t0ken"}, "Bearer t0ken", id="token"),
        pytest.param("http://mlflow:5000", {**BASIC, "MLFLOW_TRACKING_TOKEN": "t0ken"}, BY_NAME, id="a name wins"),
        pytest.param("http://mlflow:5000", {"MLFLOW_TRACKING_USERNAME": "alice"}, None, id="a name alone"),
        pytest.param("http://alice:Wint3r%2FSale%231@mlflow:5000", {}, BY_NAME, id="in the address"),
        pytest.param(
            "http://alice:Wint3r%2FSale%231@mlflow:5000",
            {"MLFLOW_TRACKING_TOKEN": "t0ken"},
            BY_NAME,
            id="the address wins",
        ),
    ],
)
def test_the_credentials_that_are_sent(uri: str, environment: dict[str, str], header: str | None) -> None:
    access = MlflowAccess.find(uri, environment)
    assert _header(access) == header
    assert access.address == "http://mlflow:5000"
    assert SECRET not in repr(access) and "t0ken" not in repr(access)


def test_given_credentials_come_first() -> None:
    access = MlflowAccess.find("http://mlflow:5000", BASIC, Credentials("operator", "other"))
    assert access.variables == {"MLFLOW_TRACKING_USERNAME": "operator", "MLFLOW_TRACKING_PASSWORD": "other"}


def test_mlflows_file_of_credentials(tmp_path: Path) -> None:
    (tmp_path / ".mlflow").mkdir()
    file = tmp_path / ".mlflow/credentials"
    file.write_text("[mlflow]\nmlflow_tracking_username = alice\nmlflow_tracking_password = Wint3r/Sale#1\n")
    assert _header(MlflowAccess.find("http://mlflow:5000", {})) == BY_NAME
    file.write_text("mlflow_tracking_password = Wint3r/Sale#1\n")
    with pytest.raises(RegistryUnreachable, match="cannot be read") as refused:
        MlflowAccess.find("http://mlflow:5000", {})
    assert "Wint3r" not in str(refused.value)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "sqlite:///mlflow.db",
        "http:///mlflow",
        "http://alice:Wint3r/Sale@mlflow:5000",
        "http://alice:Wint3r#Sale@mlflow:5000",
        "http://alice:Wint3r?Sale@mlflow:5000",
        "http://alice:[Wint3r@mlflow:5000",
        "http://mlflow:5000?password=Wint3r",
    ],
)
def test_an_address_that_is_none_is_refused_without_showing_it(uri: str) -> None:
    with pytest.raises(RegistryUnreachable, match="percent-encoded") as refused:
        MlflowAccess.find(uri, {})
    assert "Wint3r" not in str(refused.value)


def test_a_path_prefix_stays() -> None:
    assert MlflowAccess.find("https://alice:s@host/mlflow/", {}).address == "https://host/mlflow"


def test_a_certificate_that_is_not_there_is_named() -> None:
    access = MlflowAccess.find("https://mlflow", {"MLFLOW_TRACKING_SERVER_CERT_PATH": "/nowhere/ca.pem"})
    with pytest.raises(RegistryUnreachable, match="certificate /nowhere/ca"):
        _ = access.tls


def test_unverified_only_when_asked_for() -> None:
    assert MlflowAccess.find("https://mlflow", {}).tls.check_hostname
    assert not MlflowAccess.find("https://mlflow", {"MLFLOW_TRACKING_INSECURE_TLS": "true"}).tls.check_hostname
