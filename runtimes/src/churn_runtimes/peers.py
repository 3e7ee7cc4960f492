"""Other pods as a source of a bundle: what the init container asks when MLflow does not give it.

A pod that serves a bundle offers its files on its metrics port (`offered_bundle`). No pod is trusted: the files must
have the digests that the wanted bundle names, no redirect is followed, and bytes and time are bounded.
"""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
            with httpx.Client(base_url=base, timeout=timeout, trust_env=False) as client, _in_time(client):
                manifest = b"".join(_download(client, MANIFEST, LARGEST_MANIFEST))
                if digest_of(manifest) != digest:
                    raise ManifestInvalid(f"{MANIFEST} is {digest_of(manifest)}")
                return fetch_bundle(manifest, lambda path, most: _download(client, path, most), folder)
        except (httpx.HTTPError, ChurnModelsError, OSError) as error:
            raise PeerFailed(f"{self.address} does not give the bundle: {error}") from error


@contextmanager
def _in_time(client: httpx.Client) -> Iterator[None]:
    """End whatever the client does after `_SECONDS`: its own limits begin anew with every byte, headers' bytes too."""
    over = threading.Event()

    def end() -> None:
        over.set()
        client.close()

    timer = threading.Timer(_SECONDS, end)
    timer.start()
    try:
        yield
    # httpx calls the use of a closed client a RuntimeError.
    except (httpx.HTTPError, ChurnModelsError, OSError, RuntimeError) as error:
        if over.is_set():
            raise PeerFailed(f"it takes more than {_SECONDS} s") from error
        raise
    finally:
        timer.cancel()


def _download(client: httpx.Client, path: str, largest: int) -> Iterator[bytes]:
    size = 0
    # Not compressed: a few bytes could become any number.
    with client.stream("GET", path, headers={"accept-encoding": "identity"}) as response:
        if response.status_code != httpx.codes.OK:
            raise PeerFailed(f"{response.status_code} for {path}")
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > largest:
                raise PeerFailed(f"{path} is longer than {largest} bytes")
            yield chunk
