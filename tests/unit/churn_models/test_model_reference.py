"""models:/ URIs."""

import pytest
from churn_models.errors import RegistryUnreachable, VersionNotFound
from churn_models.registry import ModelReference, Registry


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("models:/telco@champion", ModelReference("telco", alias="champion")),
        ("models:/telco/7", ModelReference("telco", version="7")),
    ],
)
def test_references(uri: str, expected: ModelReference) -> None:
    assert ModelReference.parse(uri) == expected
    assert str(expected) == uri


@pytest.mark.parametrize("uri", ["models:/telco", "models:/telco/latest", "models:/@champion", "models:/telco@"])
def test_what_names_no_version_is_refused(uri: str) -> None:
    with pytest.raises(VersionNotFound, match="neither"):
        ModelReference.parse(uri)


def test_a_tracking_uri_that_is_no_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///x.db")
    with pytest.raises(RegistryUnreachable, match="MLFLOW_TRACKING_URI"):
        Registry.from_environment()
