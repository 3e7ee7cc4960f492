"""A fake of MLflow's registry for the integration tests: the seven REST calls of churn_models.registry, no more.

Of a bundle it serves the manifest and the comparison alone: where no container runs, nobody fetches the rest.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from churn_models.bundle_manifest import COMPARISON, MANIFEST
from churn_models.digest import digest_of
from churn_models.names import DIGEST_TAG, TRAINING_ID_TAG
from churn_models.search_progress import PROGRESS_TAG, SearchProgress
from support.fake_manifest import fake_manifest
from support.http_thread import HttpThread

_API = "/api/2.0/mlflow"
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"

MEMBERS = {"random-forest": 1.0, "xgboost": 1.0, "lightgbm": 1.0}
"""Of every version, by name with their weights."""


@dataclass(frozen=True)
class FakeVersion:
    """One registered version."""

    model: str
    version: str
    tags: dict[str, str]
    manifest: bytes
    comparison: bytes | None = None

    @property
    def digest(self) -> str:
        """The identity of its bundle."""
        return digest_of(self.manifest)

    def as_json(self) -> dict[str, Any]:
        """As MLflow describes it."""
        tags = [{"key": key, "value": value} for key, value in self.tags.items()]
        return {"model_version": {"name": self.model, "version": self.version, "tags": tags, "status": "READY"}}


class _NotFound(Exception):
    pass


class FakeMlflowRegistry(HttpThread):
    """Start with `with FakeMlflowRegistry() as mlflow`; `url` is the tracking URI."""

    def __init__(self) -> None:
        self._versions: dict[str, list[FakeVersion]] = {}
        self._aliases: dict[tuple[str, str], str] = {}
        self._progress: dict[str, SearchProgress] = {}
        super().__init__(_handler(self))
        self.url = f"http://127.0.0.1:{self.port}"
        self.down = False
        self.requests: list[str] = []

    def register(self, model: str, manifest: bytes | None = None, comparison: bytes | None = None) -> FakeVersion:
        """One more version of the model, by default with a well-formed manifest of its own, which lists a comparison
        that is given."""
        versions = self._versions.setdefault(model, [])
        number = len(versions) + 1
        made = fake_manifest(model, MEMBERS, number=number, comparison=comparison)
        content = manifest if manifest is not None else made.to_bytes()
        tags = {DIGEST_TAG: digest_of(content), TRAINING_ID_TAG: _hex(model, number)}
        version = FakeVersion(model, str(number), tags, content, comparison)
        versions.append(version)
        return version

    def replace_manifest(self, version: FakeVersion, manifest: bytes) -> None:
        """What somebody does who tampers with a version that is registered already."""
        versions = self._versions[version.model]
        versions[versions.index(version)] = replace(version, manifest=manifest)

    def replace_comparison(self, version: FakeVersion, comparison: bytes | None) -> None:
        """The same with its comparison.json alone; None takes it away."""
        versions = self._versions[version.model]
        versions[versions.index(version)] = replace(version, comparison=comparison)

    def set_alias(self, version: FakeVersion, alias: str) -> None:
        """Point the alias at this version, as a human or a training Job would."""
        self._aliases[version.model, alias] = version.version

    def tag(self, model: str, number: str, key: str) -> str | None:
        """A tag of a version."""
        return self._version(model, number).tags.get(key)

    def alias(self, model: str, alias: str) -> str | None:
        """The version number behind an alias."""
        return self._aliases.get((model, alias))

    def tell_progress(self, experiment: str, progress: SearchProgress) -> None:
        """As the workers of a search do after a trial."""
        self._progress[experiment] = progress

    def answer(self, path: str, query: dict[str, str]) -> bytes:
        """The body of a GET. Raises _NotFound."""
        if path.startswith(_ARTIFACTS):
            return self._file(unquote(path.removeprefix(_ARTIFACTS)))
        routes = {
            f"{_API}/registered-models/alias": self._by_alias,
            f"{_API}/model-versions/get": self._by_number,
            f"{_API}/model-versions/get-download-uri": self._download_uri,
            f"{_API}/experiments/get-by-name": self._experiment,
        }
        if path not in routes:
            raise _NotFound(path)
        return json.dumps(routes[path](query)).encode()

    def write(self, path: str, wanted: dict[str, str]) -> bytes:
        """The body of a POST. Raises _NotFound."""
        version = self._version(wanted["name"], wanted["version"])
        if path == f"{_API}/registered-models/alias":
            self.set_alias(version, wanted["alias"])
        elif path == f"{_API}/model-versions/set-tag":
            version.tags[wanted["key"]] = wanted["value"]
        else:
            raise _NotFound(path)
        return b"{}"

    def _by_alias(self, query: dict[str, str]) -> dict[str, Any]:
        number = self._aliases.get((query["name"], query["alias"]))
        if number is None:
            raise _NotFound(f"Registered model alias {query['alias']} not found.")
        return self._version(query["name"], number).as_json()

    def _by_number(self, query: dict[str, str]) -> dict[str, Any]:
        return self._version(query["name"], query["version"]).as_json()

    def _download_uri(self, query: dict[str, str]) -> dict[str, Any]:
        version = self._version(query["name"], query["version"])
        return {"artifact_uri": f"mlflow-artifacts:/{version.model}/{version.version}"}

    def _experiment(self, query: dict[str, str]) -> dict[str, Any]:
        name = query["experiment_name"]
        if name not in self._progress:
            raise _NotFound(f"Could not find experiment with name '{name}'")
        told = {"key": PROGRESS_TAG, "value": self._progress[name].model_dump_json()}
        return {"experiment": {"experiment_id": "1", "name": name, "tags": [told]}}

    def _file(self, path: str) -> bytes:
        model, number, file = path.split("/", 2)
        version = self._version(model, number)
        files = {f"artifacts/bundle/{MANIFEST}": version.manifest, f"artifacts/bundle/{COMPARISON}": version.comparison}
        if (content := files.get(file)) is None:
            raise _NotFound(path)
        return content

    def _version(self, model: str, number: str) -> FakeVersion:
        for version in self._versions.get(model, []):
            if version.version == number:
                return version
        raise _NotFound(f"Model Version (name={model}, version={number}) not found")


def _hex(model: str, number: int) -> str:
    return hashlib.sha256(f"{model}/{number}".encode()).hexdigest()


def _handler(registry: FakeMlflowRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers from `registry`."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """A read."""
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self._reply(lambda: registry.answer(parts.path, query))

        def do_POST(self) -> None:
            """A write."""
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._reply(lambda: registry.write(self.path, body))

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the requests instead of printing them."""
            registry.requests.append(format % args)

        def _reply(self, answer: Callable[[], bytes]) -> None:
            if registry.down:
                self._send(503, b"down for a test")
                return
            try:
                self._send(200, answer())
            except _NotFound as error:
                problem = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": str(error)}
                self._send(404, json.dumps(problem).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
