"""User, password and authority of the state store, from a folder where a Secret is mounted: one file for each key.

What is there is used. User and password are read again for each connection, so that a changed Secret is found without a
restart; connections that are open go on.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis.connection import parse_url
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError

from churn_runtimes.mounted_secret import KeyUnreadable, contents_of
from churn_runtimes.state.errors import StateDenied

OPTION = "--state-credentials"
_AUTHORITY, _USERNAME, _PASSWORD = "ca.crt", "username", "password"
_NAMES = (_AUTHORITY, _USERNAME, _PASSWORD)


class MountedLogin(CredentialProvider):
    """What redis-py asks for each connection."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """User and password, or the password alone. Raises AuthenticationError."""
        try:
            found = _read(self._folder)
        except StateDenied as error:
            # For an error that is not its own, redis-py would keep the connection that it has begun.
            raise AuthenticationError(str(error)) from error
        password = found.get(_PASSWORD, "")
        return (found[_USERNAME], password) if _USERNAME in found else (password,)


def login_of(url: str, folder: Path | None) -> dict[str, Any]:
    """Settings of redis-py beside a URL that it knows. Raises StateDenied, and ValueError where the URL is none."""
    given: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
    if folder is None:
        return {}
    found = _read(folder)
    settings: dict[str, Any] = {}
    if _PASSWORD in found:
        if given.keys() & {_USERNAME, _PASSWORD}:
            raise StateDenied(f"{OPTION} {folder} has a password, and --state has a user or a password, too: keep one")
        settings["credential_provider"] = MountedLogin(folder)
    if _AUTHORITY in found:
        if urlsplit(url).scheme != "rediss":
            raise StateDenied(f"{OPTION} {folder} has {_AUTHORITY}, which is for TLS: write rediss:// in --state")
        settings["ssl_ca_certs"] = _authority(folder / _AUTHORITY)
    return settings


def _authority(file: Path) -> str:
    """Looked at now: for a file without certificates the client would be as if the store were away."""
    try:
        ssl.create_default_context(cafile=file)
    except (ssl.SSLError, OSError) as error:
        raise StateDenied(f"{OPTION} {file}: no certificates in PEM: {error}") from error
    return str(file)


def _read(folder: Path) -> Mapping[str, str]:
    try:
        found = contents_of(folder, _NAMES)
    except KeyUnreadable as error:
        raise StateDenied(f"{OPTION} {error}") from error
    if not found:
        raise StateDenied(f"{OPTION} {folder}: a folder with some of {', '.join(_NAMES)}; none of them is there")
    if _USERNAME in found and _PASSWORD not in found:
        raise StateDenied(f"{OPTION} {folder}: {_USERNAME} is there and {_PASSWORD} is not")
    return found
