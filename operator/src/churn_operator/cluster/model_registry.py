"""MLflow, asked from the operator's event loop: which version is wanted, and what its manifest's digest is.

`registry_watch` asks and keeps the answers; reconciles write aliases. Credentials come from a mounted folder, never
from the API; they are read anew each time, so a rotated password works.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from churn_models.errors import RegistryError, VersionNotFound
from churn_models.names import CHALLENGER, CHAMPION
from churn_models.registry import ModelReference, ModelVersion, Registry
from churn_models.search_progress import SearchProgress

from churn_operator.decide.target import Identity, Wanted
from churn_operator.observe.expected import Expected

AT_ONCE = 16
"""How many questions may wait for MLflow at the same time."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class ModelRegistry:
    """Where MLflow is, and the folder with `username` and `password` (none: no authentication).

    Every method raises RegistryError, or BundleError for a manifest that is none.
    """

    tracking_uri: str
    credentials: Path | None
    # Room beside the questions of the watch, for aliases to be written.
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE + 4, "mlflow"))

    async def resolve(self, wanted: Wanted) -> tuple[str, bool]:
        """The number of the wanted version, and whether it is the challenger of a model without a champion."""
        return await self._ask(lambda registry: _resolve(registry, wanted))

    async def identify(self, model: str, version: str) -> Identity:
        """What the version's manifest is now."""
        return await self._ask(lambda registry: _identify(registry, ModelVersion(model, version, {})))

    async def promised_auc(self, model: str, version: str, digest: str) -> float | None:
        """Of the rows that judged this version in training; None where its bundle does not say."""
        return await self._ask(lambda registry: _promised_auc(registry, ModelVersion(model, version, {}), digest))

    async def search_progress(self, experiment: str) -> SearchProgress | None:
        """As the workers of a search have told last; None where nobody has."""
        return await self._ask(lambda registry: registry.search_progress(experiment))

    async def set_alias(self, model: str, alias: str, version: str, over: str | None) -> None:
        """Point an alias at a version, in place of that one alone; None: whatever it names."""
        await self._ask(lambda registry: _set_alias(registry, ModelVersion(model, version, {}), alias, over))

    async def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Tag a version."""
        await self._ask(lambda registry: registry.set_tag(ModelVersion(model, version, {}), key, value))

    async def _ask(self, question: Callable[[Registry], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask_now, question)

    def _ask_now(self, question: Callable[[Registry], Result]) -> Result:
        with self._open() as registry:
            return question(registry)

    def _open(self) -> Registry:
        if self.credentials is None:
            return Registry(self.tracking_uri)
        try:
            username, password = ((self.credentials / name).read_text().strip() for name in ("username", "password"))
        except OSError as error:
            raise RegistryError(f"MLflow's credentials cannot be read: {error}") from error
        return Registry(self.tracking_uri, username, password)


def _resolve(registry: Registry, wanted: Wanted) -> tuple[str, bool]:
    if wanted.version:
        return registry.resolve(ModelReference(wanted.model, version=wanted.version)).version, False
    alias = wanted.alias or CHAMPION
    try:
        return registry.resolve(ModelReference(wanted.model, alias=alias)).version, False
    except VersionNotFound:
        if alias != CHAMPION:
            raise
        return registry.resolve(ModelReference(wanted.model, alias=CHALLENGER)).version, True


def _set_alias(registry: Registry, version: ModelVersion, alias: str, over: str | None) -> None:
    """MLflow has no compare-and-swap: who moves the alias within these two requests is overwritten."""
    if over is not None and (now := _named(registry, version.name, alias)) not in (over, version.version):
        raise RegistryError(f"somebody has pointed it at version {now}")
    registry.set_alias(version, alias)


def _named(registry: Registry, model: str, alias: str) -> str:
    try:
        return registry.resolve(ModelReference(model, alias=alias)).version
    except VersionNotFound:
        return ""


def _identify(registry: Registry, version: ModelVersion) -> Identity:
    found = registry.describe(version)
    comparison = Expected.of(found.comparison) if found.comparison else None
    return Identity(found.digest, tuple(member.name for member in found.manifest.members), comparison)


def _promised_auc(registry: Registry, version: ModelVersion, digest: str) -> float | None:
    reference = registry.reference(version, digest)
    return reference.metrics.get("auc") if reference else None
