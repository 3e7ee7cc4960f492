"""MLflow's model registry over its plain REST: resolve, fetch, verify, move an alias (extra `registry`).

The one adapter to MLflow outside training: used by the init container, the server's `models:/…` and the
operator. No mlflow is needed for it.
"""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from churn_models.artifact_location import ARTIFACTS, NOT_SERVED, ArtifactLocation, served_location
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import COMPARISON, LARGEST_MANIFEST, MANIFEST, REFERENCE, BundleManifest
from churn_models.comparison import Comparison
from churn_models.digest import Digest, digest_of
from churn_models.errors import (
    FileAltered,
    FileInvalid,
    FileMissing,
    ManifestInvalid,
    RegistryError,
    RegistryForbidden,
    VersionNotFound,
)
from churn_models.fetch_bundle import ReadFile, fetch_bundle
from churn_models.frozen_model import FrozenModel, describe
from churn_models.mlflow_access import Credentials, MlflowAccess
from churn_models.mlflow_server import Answer, MlflowServer
from churn_models.names import CHAMPION
from churn_models.reference import Reference
from churn_models.search_progress import PROGRESS_TAG, SearchProgress

_LARGEST = {COMPARISON: 1 << 16, REFERENCE: 1 << 23}
"""Bytes of documents that are read by themselves; training's own have about one KiB, and two for each feature."""

Document = TypeVar("Document", bound=FrozenModel)


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
        raise VersionNotFound(
            f"{uri} is neither models:/name@alias nor models:/name/version (aliases have taken the place of stages)"
        )

    def __str__(self) -> str:
        return f"models:/{self.name}@{self.alias}" if self.alias else f"models:/{self.name}/{self.version}"


@dataclass(frozen=True)
class ModelVersion:
    """One registered version as MLflow describes it."""

    name: str
    version: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Description:
    """What a version's manifest says as MLflow has it now."""

    manifest: BundleManifest
    digest: Digest
    """Of the manifest."""
    comparison: Comparison | None
    """None where the manifest lists none."""


class _Tag(Answer):
    key: str
    value: str = ""


class _Version(Answer):
    name: str
    version: str
    tags: tuple[_Tag, ...] = ()


class _VersionAnswer(Answer):
    model_version: _Version


class _Name(Answer):
    name: str


class _SearchAnswer(Answer):
    registered_models: tuple[_Name, ...] = ()


class _Experiment(Answer):
    tags: tuple[_Tag, ...] = ()


class _ExperimentAnswer(Answer):
    experiment: _Experiment


class _DownloadAnswer(Answer):
    artifact_uri: str


class Registry:
    """One MLflow server. Every method raises RegistryError, by the subclass that says what is wrong."""

    def __init__(self, tracking_uri: str, username: str | None = None, password: str | None = None) -> None:
        """Credentials that are not given are those of the address or of MLflow's own variables."""
        given = Credentials(username, password) if username and password else None
        self._opened = ExitStack()
        self._server = self._opened.enter_context(MlflowServer(MlflowAccess.find(tracking_uri, os.environ, given)))

    @classmethod
    def from_environment(cls) -> "Registry":
        """The server that MLFLOW_TRACKING_URI names."""
        return cls(os.environ.get("MLFLOW_TRACKING_URI", ""))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to MLflow."""
        self._opened.close()

    def resolve(self, reference: ModelReference) -> ModelVersion:
        """The version behind an alias or a number. Raises VersionNotFound."""
        try:
            if reference.alias:
                return self._by_alias(reference.name, reference.alias)
            return self._version("model-versions/get", {"name": reference.name, "version": reference.version or ""})
        except RegistryForbidden as error:
            # An MLflow with workspaces forbids whatever does not exist to all but its admin.
            if self._may_exist(reference.name):
                raise
            raise VersionNotFound(f"MLflow has no model {reference.name} that this user may read") from error

    def set_alias(self, version: ModelVersion, alias: str) -> None:
        """Point the alias at this version."""
        body = {"name": version.name, "alias": alias, "version": version.version}
        self._server.post("registered-models/alias", body)

    def set_tag(self, version: ModelVersion, key: str, value: str) -> None:
        """Tag this version; a tag of that key is replaced."""
        body = {"name": version.name, "version": version.version, "key": key, "value": value}
        self._server.post("model-versions/set-tag", body)

    def search_progress(self, experiment: str) -> SearchProgress | None:
        """As the workers of a search have told last; None where nobody has, or nothing that is understood."""
        try:
            query = {"experiment_name": experiment}
            found = self._server.get("experiments/get-by-name", query, _ExperimentAnswer).experiment
        except VersionNotFound:
            return None
        told = next((tag.value for tag in found.tags if tag.key == PROGRESS_TAG), "")
        try:
            return SearchProgress.model_validate_json(told)
        except ValidationError:
            return None

    def manifest(self, version: ModelVersion) -> tuple[BundleManifest, Digest]:
        """The version's manifest as MLflow has it now, and its digest. Raises ManifestInvalid when it is none."""
        content, _ = self._bundle(version)
        return BundleManifest.from_bytes(content), digest_of(content)

    def describe(self, version: ModelVersion) -> Description:
        """The version's manifest and comparison. Raises BundleError where they are none, or not what is listed."""
        content, read = self._bundle(version)
        manifest = BundleManifest.from_bytes(content)
        return Description(manifest, digest_of(content), _listed(manifest, read, COMPARISON, Comparison))

    def reference(self, version: ModelVersion, expected: Digest) -> Reference | None:
        """What training saw, of the version with this digest. Raises BundleError, for another digest, too."""
        content, read = self._bundle(version)
        if digest_of(content) != expected:
            raise ManifestInvalid(f"{version.name} version {version.version} is {digest_of(content)}, not {expected}")
        return _listed(BundleManifest.from_bytes(content), read, REFERENCE, Reference)

    def fetch(self, version: ModelVersion, folder: Path, expected: Digest | None = None) -> Bundle:
        """Copy exactly the files that the manifest lists into `folder`, which is emptied first, and verify them.

        With `expected`, any other manifest is refused before its files are fetched. Raises BundleError.
        """
        content, read = self._find_bundle(version)
        if expected is not None and digest_of(content) != expected:
            raise ManifestInvalid(f"{version.name} version {version.version} is {digest_of(content)}, not {expected}")
        return fetch_bundle(content, read, folder)

    def _may_exist(self, name: str) -> bool:
        """Whether MLflow lists the model, or will not say."""
        try:
            found = self._server.get("registered-models/search", {"filter": f"name='{name}'"}, _SearchAnswer)
        except RegistryError:
            return True
        return bool(found.registered_models)

    def _by_alias(self, name: str, alias: str) -> ModelVersion:
        try:
            return self._version("registered-models/alias", {"name": name, "alias": alias})
        except VersionNotFound as error:
            if alias not in str(error):
                raise
            remedy = f": `python -m churn_training promote {name} VERSION` sets it" if alias == CHAMPION else ""
            raise VersionNotFound(f"{name} has no alias {alias} in MLflow{remedy}") from error

    def _version(self, call: str, query: Mapping[str, str]) -> ModelVersion:
        found = self._server.get(call, query, _VersionAnswer).model_version
        return ModelVersion(found.name, found.version, {tag.key: tag.value for tag in found.tags})

    def _bundle(self, version: ModelVersion) -> tuple[bytes, ReadFile]:
        try:
            return self._find_bundle(version)
        except VersionNotFound as error:
            raise ManifestInvalid(f"{version.name} version {version.version} holds no bundle") from error

    def _find_bundle(self, version: ModelVersion) -> tuple[bytes, ReadFile]:
        """The manifest's content, and a reader of the files beside it."""
        location = self._location(version)
        first = _reader(self._server, location.path)
        try:
            return b"".join(first(MANIFEST, LARGEST_MANIFEST)), first
        except RegistryError as error:
            # The tracking server reaches every artifact that it serves, also by another name of its own. Where
            # artifacts have a server of their own, the location names it.
            if location.server in (None, self._server.access.address):
                raise
            second = _reader(self._open_artifacts(location.server), location.path)
            try:
                return b"".join(second(MANIFEST, LARGEST_MANIFEST)), second
            except RegistryError:
                raise error from None

    def _location(self, version: ModelVersion) -> ArtifactLocation:
        query = {"name": version.name, "version": version.version}
        uri = self._server.get("model-versions/get-download-uri", query, _DownloadAnswer).artifact_uri
        location = served_location(uri, self._server.access.scheme)
        if location is None:
            raise RegistryError(f"MLflow keeps {version.name} version {version.version} at {uri}. {NOT_SERVED}")
        return location

    def _open_artifacts(self, address: str) -> MlflowServer:
        access = MlflowAccess.find(address, os.environ)
        if access.host != self._server.access.host or access.scheme not in ("https", self._server.access.scheme):
            # Whoever may write to the registry names this address: another host must not be sent what opens MLflow,
            # nor may it cross the network unencrypted where MLflow itself is asked by https.
            access = replace(access, credentials=Credentials())
        return self._opened.enter_context(MlflowServer(access))


def _reader(server: MlflowServer, root: str) -> ReadFile:
    return lambda path, largest: server.download(f"{ARTIFACTS}/{quote(f'{root}/artifacts/bundle/{path}')}", largest)


def _listed(manifest: BundleManifest, read: ReadFile, path: str, shape: type[Document]) -> Document | None:
    """A document that the manifest lists, checked by it; None where it lists none."""
    file = next((file for file in manifest.files if file.path == path), None)
    if file is None:
        return None
    if file.size > _LARGEST[path]:
        raise FileInvalid(f"{path} is larger than {_LARGEST[path]} bytes")
    try:
        content = b"".join(read(file.path, file.size))
    except VersionNotFound as error:
        raise FileMissing(f"{path} is in the manifest, and MLflow has none") from error
    if digest_of(content) != file.sha256:
        raise FileAltered(f"{path} is {digest_of(content)}, the manifest says {file.sha256}")
    try:
        return shape.model_validate_json(content)
    except ValidationError as error:
        raise FileInvalid(f"{path} cannot be read: {describe(error)[:300]}") from error
