"""The champion's bundle from MLflow, for the comparison with its challenger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from churn_models.bundle import Bundle
from churn_models.bundle_manifest import EVALUATION
from churn_models.errors import BundleError, RegistryError, VersionNotFound
from churn_models.names import CHAMPION
from churn_models.registry import ModelReference, Registry

from churn_training.asked_by import AskedBy
from churn_training.errors import ChampionUnavailable
from churn_training.evaluate import Evaluation
from churn_training.progress import say
from churn_training.split import SplitRule


@dataclass(frozen=True)
class Champion:
    """The version behind the alias, and its verified bundle."""

    version: str
    bundle: Bundle

    def split(self) -> SplitRule:
        """Which rows it was fitted on."""
        return Evaluation.model_validate_json((self.bundle.folder / EVALUATION).read_bytes()).split


@contextmanager
def fetched_champion(tracking_uri: str | None, name: str, asked_by: AskedBy) -> Iterator[Champion | None]:
    """The champion of a registered model, on disk as long as the context lasts; None where there is none.

    Where MLflow does not give it, or its bundle must not be used (an older format), a person is told and trains
    without it; for anybody else this raises ChampionUnavailable.
    """
    if tracking_uri is None:
        yield None
        return
    with TemporaryDirectory(prefix="champion-") as folder:
        try:
            champion = _fetch(tracking_uri, name, Path(folder))
        except ChampionUnavailable as error:
            if asked_by is not AskedBy.PERSON:
                raise
            champion = None
            say(f"  {error}")
        yield champion


def _fetch(tracking_uri: str, name: str, folder: Path) -> Champion | None:
    try:
        with Registry(tracking_uri) as registry:
            version = registry.resolve(ModelReference(name, alias=CHAMPION))
            return Champion(version.version, registry.fetch(version, folder / "bundle"))
    except VersionNotFound:
        return None
    except (RegistryError, BundleError) as error:
        raise ChampionUnavailable(f"there is no comparison with the champion of {name}: {error}") from error
