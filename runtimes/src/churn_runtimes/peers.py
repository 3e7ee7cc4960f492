"""Other pods as a source of a bundle: what the init container asks when MLflow does not give it.

A pod that serves a bundle offers its files on its metrics port (`offered_bundle`). No pod is trusted: the files must
have the digests that the wanted bundle names, no redirect is followed, and bytes and time are bounded.
"""

import random
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

import httpx
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import LARGEST_MANIFEST, MANIFEST
from churn_models.digest import Digest, digest_of
from churn_models.errors import ChurnModelsError, ManifestInvalid, SpecError
from churn_models.fetch_bundle import fetch_bundle

from churn_runtimes.bounded_download import download, in_time

_CONNECT_SECONDS = 2
_READ_SECONDS = 5
_SECONDS = 60
"""For the whole bundle of one pod."""


class PeerFailed(ChurnModelsError):
    """A pod that did not give the bundle; others may."""


@dataclass(frozen=True)
class Peers:
    """A host name whose addresses are pods, and the port that they offer their bundle at."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `HOST:PORT`. Raises SpecError."""
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit():
            raise SpecError(f"--peers {text} is not HOST:PORT")
        return cls(host.strip("[]"), int(port))

    def addresses(self) -> list[str]:
        """All IPv4 and IPv6 addresses behind the name, in any order; none while no pod is ready."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError:
            return []
        addresses = sorted({str(address[0]) for *_, address in found})
        # Many pods that start at once should not ask the same one first.
        random.shuffle(addresses)
        return addresses


@dataclass(frozen=True)
class Peer:
    """One pod."""

    address: str
    port: int

    def copy(self, digest: Digest, folder: Path) -> Bundle:
        """Copy the bundle of this digest into `folder`, which is emptied first. Raises PeerFailed."""
        base = httpx.URL(scheme="http", host=self.address, port=self.port, path=f"/bundle/{quote(digest)}/")
        timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
        try:
            # A proxy of the environment is for MLflow, not for pods.
            with httpx.Client(base_url=base, timeout=timeout, trust_env=False) as client, in_time(client, _SECONDS):
                manifest = b"".join(download(client, MANIFEST, LARGEST_MANIFEST))
                if digest_of(manifest) != digest:
                    raise ManifestInvalid(f"{MANIFEST} is {digest_of(manifest)}")
                return fetch_bundle(manifest, lambda path, most: download(client, path, most), folder)
        except (httpx.HTTPError, ChurnModelsError, OSError) as error:
            raise PeerFailed(f"{self.address} does not give the bundle: {error}") from error
