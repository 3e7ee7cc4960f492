"""MLflow, asked from the operator's event loop: which version is wanted, and what its manifest's digest is.

Credentials come from a mounted folder, never from the API; it is read anew each time, so a rotated password works.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from churn_models.errors import BundleError, ManifestInvalid, RegistryError, RegistryUnreachable, VersionNotFound
from churn_models.names import CHALLENGER, CHAMPION
from churn_models.registry import ModelReference, ModelVersion, Registry

from churn_operator.api.spec import ModelSource
from churn_operator.api.status import Reason
from churn_operator.decide.observed import Target, TargetProblem
from churn_operator.observe.record import Bundle


@dataclass(frozen=True)
class _Identity:
    """What a version is: its manifest's digest, and the names of the members that this lists."""

    digest: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class ModelRegistry:
    """Where MLflow is, and the folder with `username` and `password` (none: no authentication)."""

    tracking_uri: str
    credentials: Path | None

    async def find_target(self, source: ModelSource, recorded: list[Bundle]) -> Target | TargetProblem:
        """The wanted version with its digest and members, as they were recorded, else as MLflow has them now."""
        return await asyncio.to_thread(self._find_target, source, recorded)

    async def find_version(self, source: ModelSource) -> str | None:
        """The number of the wanted version alone, for the poll; None when MLflow does not tell."""
        return await asyncio.to_thread(self._find_version, source)

    async def set_champion(self, model: str, version: str) -> None:
        """Point `champion` at a version. Raises RegistryError."""
        await asyncio.to_thread(self._set_champion, model, version)

    def _find_target(self, source: ModelSource, recorded: list[Bundle]) -> Target | TargetProblem:
        try:
            with self._open() as registry:
                version, first = _resolve(registry, source)
                identity = _recorded(version, recorded) or _first_seen(registry, version, recorded)
        except RegistryUnreachable as error:
            return TargetProblem(Reason.REGISTRY_UNREACHABLE, str(error))
        except VersionNotFound as error:
            return TargetProblem(Reason.VERSION_NOT_FOUND, str(error))
        except RegistryError as error:
            return TargetProblem(Reason.REGISTRY_ERROR, str(error))
        except BundleError as error:
            return TargetProblem(Reason.ARTIFACT_INVALID, str(error))
        if source.digest and identity.digest != source.digest:
            message = f"version {version.version} is {identity.digest}, spec.model.digest asks for {source.digest}"
            return TargetProblem(Reason.DIGEST_MISMATCH, message)
        return Target(version.version, identity.digest, first, identity.members)

    def _find_version(self, source: ModelSource) -> str | None:
        try:
            with self._open() as registry:
                return _resolve(registry, source)[0].version
        except RegistryError:
            return None

    def _set_champion(self, model: str, version: str) -> None:
        with self._open() as registry:
            registry.set_alias(registry.resolve(ModelReference(model, version=version)), CHAMPION)

    def _open(self) -> Registry:
        if self.credentials is None:
            return Registry(self.tracking_uri)
        username, password = ((self.credentials / name).read_text().strip() for name in ("username", "password"))
        return Registry(self.tracking_uri, username, password)


def _resolve(registry: Registry, source: ModelSource) -> tuple[ModelVersion, bool]:
    if source.version:
        return registry.resolve(ModelReference(source.name, version=source.version)), False
    alias = source.alias or CHAMPION
    try:
        return registry.resolve(ModelReference(source.name, alias=alias)), False
    except VersionNotFound:
        if alias != CHAMPION:
            raise
        return registry.resolve(ModelReference(source.name, alias=CHALLENGER)), True


def _recorded(version: ModelVersion, recorded: list[Bundle]) -> _Identity | None:
    # Recorded at first sight; what MLflow holds later is checked by the pods against this, and never believed.
    known = [bundle for bundle in recorded if bundle.version == version.version and bundle.members]
    return _Identity(known[0].digest, known[0].members) if known else None


def _first_seen(registry: Registry, version: ModelVersion, recorded: list[Bundle]) -> _Identity:
    manifest, digest = registry.manifest(version)
    # Records of v0.1 lack member names: read them from MLflow's manifest, but only if its digest is the recorded one.
    for bundle in recorded:
        if bundle.version == version.version and bundle.digest != digest:
            raise ManifestInvalid(f"version {version.version} was {bundle.digest} at first sight and is {digest} now")
    return _Identity(digest, tuple(member.name for member in manifest.members))
