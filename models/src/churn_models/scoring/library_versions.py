"""Why a member that training could score cannot be read or scored here: mostly another version of its library.

The runtimes load members inside `naming_versions`, so that the error says which versions met.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version

from churn_models.bundle_manifest import BundleManifest
from churn_models.errors import ChurnModelsError, MemberUnreadable


@contextmanager
def naming_versions(manifest: BundleManifest) -> Iterator[None]:
    """Raises MemberUnreadable, with the versions that differ, for whatever a library raises; our other errors stay."""
    try:
        yield
    except MemberUnreadable as error:
        raise MemberUnreadable(f"{error}{_told(manifest)}") from error
    except ChurnModelsError:
        raise
    except Exception as error:
        text = f"a member cannot be scored: {type(error).__name__}: {error}"
        raise MemberUnreadable(f"{text}{_told(manifest)}") from error


def _told(manifest: BundleManifest) -> str:
    differing = [
        f"{name} {here} is installed, the bundle was made with {made_with}"
        for name, made_with in manifest.libraries.items()
        if (here := _installed(name)) not in (None, made_with)
    ]
    return f" ({'; '.join(differing)})" if differing else ""


def _installed(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
