"""What MLflow's users may do, asked of a real MLflow with the shipped configuration: no more than their parts need."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.errors import RegistryError, VersionNotFound
from churn_models.feature_schema import FeatureSchema
from churn_models.names import CHALLENGER, CHAMPION, OUTCOME_TAG, PREVIOUS
from churn_models.registry import ModelReference
from churn_training.cli import main
from churn_training.datasets import Dataset
from churn_training.train import Trained, train
from support.command_line import run
from support.guarded_mlflow import GuardedMlflow, password

USERS = {"serving-a": "reader", "churn-operator": "operator", "training-a": "trainer", "training-b": "trainer"}
API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
MODEL = ModelReference("small", alias=CHALLENGER)


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedMlflow]:
    server = GuardedMlflow(tmp_path_factory.mktemp("guarded"))
    server.start()
    try:
        server.make_users(USERS, {})
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def published(mlflow: GuardedMlflow, trained: Trained) -> str:
    """A bundle that training-a has published; gives the path of its manifest among MLflow's artifacts."""
    _publish(mlflow, trained.folder)
    with mlflow.client("admin") as admin:
        query = {"name": "small", "version": "1"}
        answer = admin.get(f"{API}/model-versions/get-download-uri", params=query).raise_for_status()
    path = str(answer.json()["artifact_uri"]).partition(":/")[2].strip("/")
    return f"{ARTIFACTS}/{path}/artifacts/bundle/manifest.json"


class Attempt(NamedTuple):
    """One request, and who may make it with success."""

    name: str
    method: str
    path: str
    body: dict[str, str] | None
    allowed: frozenset[str]


NOBODY: frozenset[str] = frozenset()
VERSION = {"name": "small", "version": "1"}
READERS = frozenset({"serving-a", "churn-operator", "training-a"})
TRAINERS = frozenset({"training-a", "training-b"})
WRITER = frozenset({"training-a"})
ALIAS_WRITERS = frozenset({"churn-operator", "training-a"})
PASSWORD = "long-enough-for-it"
NEW = {"name": "new-{user}"}
ADMIN = {"username": "{user}", "is_admin": "true"}
ATTEMPTS = [
    Attempt("read the model", "GET", f"{API}/registered-models/get", {"name": "small"}, READERS),
    Attempt("make a model", "POST", f"{API}/registered-models/create", NEW, TRAINERS),
    Attempt("make an experiment", "POST", f"{API}/experiments/create", NEW, TRAINERS),
    Attempt(
        "tag a version", "POST", f"{API}/model-versions/set-tag", {**VERSION, "key": "a", "value": "b"}, ALIAS_WRITERS
    ),
    Attempt(
        "take a version's tag away", "DELETE", f"{API}/model-versions/delete-tag", {**VERSION, "key": "churn"}, WRITER
    ),
    *(
        Attempt(f"move {alias}", "POST", f"{API}/registered-models/alias", {**VERSION, "alias": alias}, ALIAS_WRITERS)
        for alias in (CHAMPION, PREVIOUS, CHALLENGER)
    ),
    Attempt("make a user", "POST", f"{API}/users/create", {"username": "evil-{user}", "password": PASSWORD}, NOBODY),
    Attempt("become admin", "PATCH", f"{API}/users/update-admin", ADMIN, NOBODY),
    Attempt("take over", "PATCH", f"{API}/users/update-password", {"username": "admin", "password": PASSWORD}, NOBODY),
]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
@pytest.mark.parametrize("user", USERS)
@pytest.mark.usefixtures("published")
def test_who_may(mlflow: GuardedMlflow, user: str, attempt: Attempt) -> None:
    body = {name: value.replace("{user}", user) for name, value in (attempt.body or {}).items()}
    asked: dict[str, Any] = {"params": body} if attempt.method == "GET" else {"json": body}
    with mlflow.client(user) as client:
        answer = client.request(attempt.method, attempt.path, **asked)
    assert _was_allowed(answer) is (user in attempt.allowed), answer.text


@pytest.mark.parametrize("user", USERS)
def test_who_may_read_and_replace_a_bundles_files(mlflow: GuardedMlflow, published: str, user: str) -> None:
    with mlflow.client(user) as client:
        assert _was_allowed(client.get(published)) is (user != "training-b")
        if user != "training-a":
            assert not _was_allowed(client.put(published, content=b"{}"))
            assert not _was_allowed(client.delete(published))


def test_a_serving_pod_fetches_what_training_published(
    mlflow: GuardedMlflow, published: str, trained: Trained, tmp_path: Path
) -> None:
    registry = mlflow.registry("serving-a")
    bundle = registry.fetch(registry.resolve(MODEL), tmp_path / "bundle", trained.bundle.digest)
    assert bundle.digest == trained.bundle.digest
    with pytest.raises(RegistryError):
        registry.set_alias(registry.resolve(MODEL), CHAMPION)
    registry.close()


def test_the_operator_reads_a_manifest_and_moves_champion(
    mlflow: GuardedMlflow, published: str, trained: Trained
) -> None:
    registry = mlflow.registry("churn-operator")
    version = registry.resolve(MODEL)
    assert registry.manifest(version)[1] == trained.bundle.digest
    registry.set_alias(version, CHAMPION)
    assert registry.resolve(ModelReference("small", alias=CHAMPION)) == version
    registry.close()


def test_the_operator_tags_a_version_and_cannot_delete_one(mlflow: GuardedMlflow, published: str) -> None:
    registry = mlflow.registry("churn-operator")
    registry.set_tag(registry.resolve(MODEL), OUTCOME_TAG, "Promoted")
    assert registry.resolve(MODEL).tags[OUTCOME_TAG] == "Promoted"
    registry.close()
    with mlflow.client("churn-operator") as client:
        assert not _was_allowed(client.request("DELETE", f"{API}/model-versions/delete", json=VERSION))


def test_a_model_that_is_not_there_yet_is_not_found_and_found_once_it_is(
    mlflow: GuardedMlflow, spec: EnsembleSpec, telco_schema: FeatureSchema, dataset: Dataset, tmp_path: Path
) -> None:
    later = ModelReference("later", alias=CHALLENGER)
    registries = [mlflow.registry(user) for user in ("serving-a", "churn-operator", "training-a")]
    for registry in registries:
        with pytest.raises(VersionNotFound, match="no model later"):
            registry.resolve(later)
    _publish(mlflow, train(spec.renamed("later"), telco_schema, dataset, seed=0, output=tmp_path).folder)
    assert [registry.resolve(later).version for registry in registries] == ["1", "1", "1"]
    for registry in registries:
        registry.close()


@pytest.mark.usefixtures("published")
def test_another_namespace_cannot_publish_under_the_same_name(
    mlflow: GuardedMlflow, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    login = {"MLFLOW_TRACKING_USERNAME": "training-b", "MLFLOW_TRACKING_PASSWORD": password("training-b")}
    ended = run(main, ["publish", str(trained.folder), "--tracking-uri", mlflow.url], capsys, login)
    assert ended.exit_code == 4, ended.output


def test_making_the_users_again_changes_nothing_and_gives_models_of_the_release_before(mlflow: GuardedMlflow) -> None:
    with mlflow.client("admin") as admin:
        admin.post(f"{API}/registered-models/create", json={"name": "old"}).raise_for_status()
    told = mlflow.make_users(USERS, {"training-b": ["old", "unknown"]})
    assert told.splitlines() == [f"{name}: {role}" for name, role in USERS.items()]
    tag = {"name": "old", "key": "a", "value": "b"}
    with mlflow.client("training-b") as other:
        assert _was_allowed(other.post(f"{API}/registered-models/set-tag", json=tag))
    with mlflow.client("training-a") as first:
        assert not _was_allowed(first.post(f"{API}/registered-models/set-tag", json=tag))


def _publish(mlflow: GuardedMlflow, folder: Path) -> None:
    """As training-a."""
    login = {"MLFLOW_TRACKING_USERNAME": "training-a", "MLFLOW_TRACKING_PASSWORD": password("training-a")}
    command = [sys.executable, "-m", "churn_training", "publish", str(folder), "--tracking-uri", mlflow.url]
    subprocess.run(command, env={**os.environ, **login}, check=True)


def _was_allowed(answer: httpx.Response) -> bool:
    assert answer.status_code in (200, 403), answer.text
    return answer.status_code == 200
