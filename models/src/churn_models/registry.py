"""MLflow's model registry over its plain REST: resolve, fetch, verify, move an alias (extra `registry`).

The one adapter to MLflow outside training: used by the init container, the server's `models:/…` and the
operator. No mlflow is needed for it.
"""

import json
import os
import shutil
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from churn_models.bundle import Bundle, check_content, open_bundle
from churn_models.bundle_manifest import LARGEST_MANIFEST, MANIFEST, BundleManifest
from churn_models.digest import Digest, digest_of
from churn_models.errors import FileAltered, ManifestInvalid, RegistryError, RegistryUnreachable, VersionNotFound

_API = "api/2.0/mlflow"
_ARTIFACTS = "api/2.0/mlflow-artifacts/artifacts"
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class ModelReference:
    """What `models:/name@alias` or `models:/name/version` names; exactly one of alias and version is set."""

    name: str
    alias: str | None = None
    version: str | None = None

    @classmethod
    def parse(cls, uri: str) -> "ModelReference":
        """Read a models:/ URI. Raises VersionNotFound when it names neither alias nor version."""
        path = uri.removeprefix("models:/")
        if "@" in path:
            name, _, alias = path.partition("@")
            if name and alias:
                return cls(name, alias=alias)
        name, _, version = path.partition("/")
        if name and version.isdigit():
            return cls(name, version=version)
        raise VersionNotFound(f"{uri} is neither models:/name@alias nor models:/name/version")

    def __str__(self) -> str:
        return f"models:/{self.name}@{self.alias}" if self.alias else f"models:/{self.name}/{self.version}"


@dataclass(frozen=True)
class ModelVersion:
    """One registered version as MLflow describes it."""

    name: str
    version: str
    tags: Mapping[str, str]


class Registry:
    """One MLflow server. Every method raises RegistryUnreachable or RegistryError."""

    def __init__(self, tracking_uri: str, username: str | None = None, password: str | None = None) -> None:
        auth = (username, password) if username and password else None
        self._client = httpx.Client(base_url=tracking_uri, auth=auth, timeout=_TIMEOUT_SECONDS, verify=_certificates())

    @classmethod
    def from_environment(cls) -> "Registry":
        """The server that MLFLOW_TRACKING_URI names, with MLflow's own variables for the credentials."""
        uri = os.environ.get("MLFLOW_TRACKING_URI", "")
        if not uri.startswith(("http://", "https://")):
            raise RegistryUnreachable("MLFLOW_TRACKING_URI must be the http(s) address of an MLflow server")
        return cls(uri, os.environ.get("MLFLOW_TRACKING_USERNAME"), os.environ.get("MLFLOW_TRACKING_PASSWORD"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to MLflow."""
        self._client.close()

    def resolve(self, reference: ModelReference) -> ModelVersion:
        """The version behind an alias or a number. Raises VersionNotFound."""
        if reference.alias:
            query = {"name": reference.name, "alias": reference.alias}
            answer = self._get(f"{_API}/registered-models/alias", query)
        else:
            query = {"name": reference.name, "version": reference.version or ""}
            answer = self._get(f"{_API}/model-versions/get", query)
        try:
            found = answer["model_version"]
            tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
            return ModelVersion(found["name"], str(found["version"]), tags)
        except (KeyError, TypeError, AttributeError) as error:
            raise RegistryError(f"MLflow's answer to {reference} names no version: {str(answer)[:100]}") from error

    def set_alias(self, version: ModelVersion, alias: str) -> None:
        """Point the alias at this version."""
        body = {"name": version.name, "alias": alias, "version": version.version}
        self._request("POST", f"{_API}/registered-models/alias", json=body)

    def manifest(self, version: ModelVersion) -> tuple[BundleManifest, Digest]:
        """The version's manifest as MLflow has it now, and its digest. Raises ManifestInvalid when it is none."""
        try:
            content = self._download(f"{self._bundle_path(version)}/{MANIFEST}", LARGEST_MANIFEST)
        except VersionNotFound as error:
            raise ManifestInvalid(f"{version.name} version {version.version} holds no bundle") from error
        return BundleManifest.from_bytes(content), digest_of(content)

    def fetch(self, version: ModelVersion, folder: Path, expected: Digest | None = None) -> Bundle:
        """Copy exactly the files that the manifest lists into `folder`, which is emptied first, and verify them.

        With `expected`, any other manifest is refused before its files are fetched. Raises BundleError.
        """
        root = self._bundle_path(version)
        content = self._download(f"{root}/{MANIFEST}", LARGEST_MANIFEST)
        if expected is not None and digest_of(content) != expected:
            raise ManifestInvalid(f"{version.name} version {version.version} is {digest_of(content)}, not {expected}")
        manifest = BundleManifest.from_bytes(content)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file in manifest.files:
            fetched = self._download(f"{root}/{file.path}", file.size)
            check_content(file, fetched)
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(fetched)
        (folder / MANIFEST).write_bytes(content)
        return open_bundle(folder, digest_of(content))

    def _bundle_path(self, version: ModelVersion) -> str:
        query = {"name": version.name, "version": version.version}
        artifact_uri = self._get(f"{_API}/model-versions/get-download-uri", query).get("artifact_uri")
        scheme, _, path = str(artifact_uri).partition(":/")
        if scheme != "mlflow-artifacts":
            raise RegistryError(f"MLflow keeps {version.name} at {artifact_uri}; start it with --serve-artifacts")
        return f"{path.strip('/')}/artifacts/bundle"

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        response = self._request("GET", path, params=query)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise RegistryError(f"what answers for MLflow is none: {path} gives {response.text[:100]!r}")
        return answer

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise RegistryUnreachable(f"MLflow at {self._client.base_url} does not answer: {error}") from error
        _check(response.status_code, response.text, path)
        return response

    def _download(self, path: str, largest: int) -> bytes:
        content = bytearray()
        try:
            with self._client.stream("GET", f"{_ARTIFACTS}/{quote(path)}") as response:
                if not response.is_success:
                    _check(response.status_code, response.read().decode(errors="replace"), path)
                # A login page or a proxy's excuse says nothing about the bundle, which has no such file.
                if "html" in response.headers.get("content-type", ""):
                    raise RegistryError(f"what answers for MLflow is none: {path} gives a web page")
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > largest:
                        raise FileAltered(f"{path} is longer than the {largest} bytes that are expected")
        except httpx.HTTPError as error:
            raise RegistryUnreachable(f"MLflow at {self._client.base_url} does not answer: {error}") from error
        return bytes(content)


@cache
def _certificates() -> ssl.SSLContext:
    """Those that a client trusts, read once: it takes longer than to ask MLflow, and the operator asks all the time."""
    return httpx.create_ssl_context()


def _check(status: int, text: str, path: str) -> None:
    if httpx.codes.is_success(status):
        return
    # MLflow answers 400 for an alias that does not exist, with this code in the body.
    if status == 404 or "RESOURCE_DOES_NOT_EXIST" in text or "not found" in text:
        raise VersionNotFound(f"MLflow knows no such model, alias, version or file: {_message(text) or path}")
    raise RegistryError(f"MLflow answered {status} to {path}: {_message(text)}")


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:300]
