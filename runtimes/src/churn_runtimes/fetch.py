"""Get a bundle onto this pod's disk: from MLflow, else from pods that have it, in turn until one gives it.

The command line calls it for `fetch` and for `serve --bundle models:/…`. A bundle fault ends it at once: the same
files would be bad the next time too. What MLflow causes does not: a pod of a known digest starts without MLflow.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import typer
from churn_models.bundle import Bundle
from churn_models.digest import Digest
from churn_models.errors import RegistryError
from churn_models.registry import ModelReference, Registry

from churn_runtimes.peers import Peer, PeerFailed, Peers

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0


@dataclass(frozen=True)
class Wanted:
    """Which bundle, and the folder that it goes to."""

    reference: ModelReference
    digest: Digest | None
    folder: Path


@dataclass(frozen=True)
class Fetched:
    """A verified bundle, where it came from, and its version where MLflow told it."""

    bundle: Bundle
    origin: str
    version: str | None


@dataclass(frozen=True)
class Patience:
    """How long to try again, in seconds, with the clock to measure by."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def rounds(self) -> Iterator[None]:
        """One round at once, then others with longer and longer pauses while there is time."""
        deadline = self.clock() + self.seconds
        for number in count():
            yield
            pause = min(_FIRST_PAUSE * 2**number, _LONGEST_PAUSE)
            if self.clock() + pause > deadline:
                return
            self.sleep(pause)


def fetch(wanted: Wanted, peers: Peers | None, patience: Patience) -> Fetched:
    """Copy and verify the bundle. Raises BundleError at once, and RegistryError when nobody gave it in time."""
    for _ in patience.rounds():
        try:
            return _from_registry(wanted)
        except RegistryError as error:
            failure = error
        if peers and wanted.digest and (fetched := _from_peers(wanted, wanted.digest, peers)):
            return fetched
    raise failure


def _from_registry(wanted: Wanted) -> Fetched:
    with Registry.from_environment() as registry:
        version = registry.resolve(wanted.reference)
        bundle = registry.fetch(version, wanted.folder, wanted.digest)
    return Fetched(bundle, f"MLflow, version {version.version}", version.version)


def _from_peers(wanted: Wanted, digest: Digest, peers: Peers) -> Fetched | None:
    for address in peers.addresses():
        try:
            bundle = Peer(address, peers.port).copy(digest, wanted.folder)
        except PeerFailed as error:
            typer.echo(str(error), err=True)
        else:
            return Fetched(bundle, f"the pod at {address}", wanted.reference.version)
    return None
