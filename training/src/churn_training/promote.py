"""`promote`: a person makes a version the champion. On a cluster the operator does it, and records why."""

from dataclasses import dataclass

from churn_models.digest import Digest
from churn_models.errors import VersionNotFound
from churn_models.names import CHAMPION
from churn_models.registry import ModelReference, Registry


@dataclass(frozen=True)
class Promoted:
    """The champion now, and the version that was it before."""

    version: str
    before: str | None
    digest: Digest


def promote(registry: Registry, name: str, version: str) -> Promoted:
    """Point the alias champion at the version, if it holds a bundle.

    Raises VersionNotFound, ManifestInvalid or another RegistryError.
    """
    if not version.isdecimal():
        raise VersionNotFound(f"{version!r} is no version of {name}: versions are numbers, such as 1")
    wanted = registry.resolve(ModelReference(name, version=version))
    _, digest = registry.manifest(wanted)
    before = _champion(registry, name)
    registry.set_alias(wanted, CHAMPION)
    return Promoted(wanted.version, before, digest)


def _champion(registry: Registry, name: str) -> str | None:
    try:
        return registry.resolve(ModelReference(name, alias=CHAMPION)).version
    except VersionNotFound:
        return None
