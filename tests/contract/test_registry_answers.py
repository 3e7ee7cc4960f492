"""Whatever answers in MLflow's place, the registry's client raises an error by the name of what is wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from churn_models.errors import (
    RegistryAnswerInvalid,
    RegistryError,
    RegistryForbidden,
    RegistryUnauthorized,
    RegistryUnreachable,
    VersionNotFound,
)
from churn_models.registry import ModelReference, ModelVersion, Registry
from support.http_answers import Answer, http_answers

CHAMPION = ModelReference("telco", alias="champion")
PAGE = "<html>Sign in</html>"


def _problem(code: str, message: str) -> str:
    return json.dumps({"error_code": code, "message": message})


@contextmanager
def answering(status: int, kind: str, body: str) -> Iterator[Registry]:
    answer = Answer(status, body.encode(), {"content-type": kind})
    with (
        http_answers(lambda _: answer) as uri,
        Registry(uri.replace("http://", "http://alice:s3cret@")) as registry,
    ):
        yield registry


@pytest.mark.parametrize(
    ("status", "kind", "body", "expected"),
    [
        pytest.param(200, "text/html", PAGE, RegistryAnswerInvalid, id="a login page"),
        pytest.param(200, "application/json", "", RegistryAnswerInvalid, id="nothing"),
        pytest.param(200, "application/json", "[]", RegistryAnswerInvalid, id="a list"),
        pytest.param(200, "application/json", "{}", RegistryAnswerInvalid, id="without its keys"),
        pytest.param(200, "application/json", '{"model_version": 7}', RegistryAnswerInvalid, id="of another build"),
        pytest.param(404, "text/html", PAGE, RegistryAnswerInvalid, id="another server's 404"),
        pytest.param(404, "application/json", '{"detail": "not found"}', RegistryAnswerInvalid, id="JSON's 404"),
        pytest.param(401, "text/html", PAGE, RegistryUnauthorized, id="a login is wanted"),
        pytest.param(403, "text/plain", "no", RegistryForbidden, id="forbidden"),
        pytest.param(502, "text/html", PAGE, RegistryUnreachable, id="a proxy without MLflow"),
        pytest.param(429, "text/plain", "slower", RegistryUnreachable, id="too many requests"),
        pytest.param(500, "application/json", _problem("INTERNAL_ERROR", "db"), RegistryUnreachable, id="no database"),
        pytest.param(
            404, "application/json", _problem("RESOURCE_DOES_NOT_EXIST", "no"), VersionNotFound, id="no such model"
        ),
        pytest.param(
            400,
            "application/json",
            _problem("INVALID_PARAMETER_VALUE", "Registered model alias champion not found."),
            VersionNotFound,
            id="no such alias",
        ),
        pytest.param(
            400, "application/json", _problem("INVALID_PARAMETER_VALUE", "bad name"), RegistryError, id="a bad request"
        ),
    ],
)
def test_every_answer_has_a_name(status: int, kind: str, body: str, expected: type[RegistryError]) -> None:
    with answering(status, kind, body) as registry, pytest.raises(RegistryError) as raised:
        registry.resolve(CHAMPION)
    assert type(raised.value) is expected
    assert "s3cret" not in str(raised.value)


def test_a_page_in_the_place_of_a_file_is_no_broken_bundle() -> None:
    page = json.dumps({"artifact_uri": "mlflow-artifacts:/1"})
    with answering(200, "text/html", page) as registry, pytest.raises(RegistryAnswerInvalid, match="path prefix"):
        registry.manifest(ModelVersion("telco", "1", {}))


def test_a_missing_champion_names_the_remedy() -> None:
    body = _problem("INVALID_PARAMETER_VALUE", "Registered model alias champion not found.")
    with answering(400, "application/json", body) as registry, pytest.raises(VersionNotFound) as raised:
        registry.resolve(CHAMPION)
    assert str(raised.value) == (
        "telco has no alias champion in MLflow: `python -m churn_training promote telco VERSION` sets it"
    )
