"""TLS and SASL for Kafka from a folder where a Secret is mounted: each key is one file, and what is there is used.

The names are those of Kubernetes' own types of Secrets (kubernetes.io/tls, kubernetes.io/basic-auth). The command reads
the folder at each start, so a changed Secret needs a restart of the worker.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from churn_runtimes.mounted_secret import KeyUnreadable, contents_of
from churn_runtimes.stream.errors import ConfigInvalid

AUTHORITY, CERTIFICATE, KEY = "ca.crt", "tls.crt", "tls.key"
USERNAME, PASSWORD, MECHANISM = "username", "password", "mechanism"
_LOCATIONS = {
    AUTHORITY: "ssl.ca.location",
    CERTIFICATE: "ssl.certificate.location",
    KEY: "ssl.key.location",
}
_NAMES = (*_LOCATIONS, USERNAME, PASSWORD, MECHANISM)


class Mechanism(StrEnum):
    """How a password is shown to the broker; others need settings of their own, by --config."""

    SCRAM_SHA_512 = "SCRAM-SHA-512"  # where nothing is said
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    PLAIN = "PLAIN"


def read_credentials(folder: Path) -> dict[str, str]:
    """Settings of librdkafka. A password is never sent without TLS, by the system's authorities where there is no
    ca.crt. Raises ConfigInvalid."""
    try:
        found = contents_of(folder, _NAMES)
    except KeyUnreadable as error:
        raise ConfigInvalid(f"--credentials {error}") from error
    if not found:
        raise ConfigInvalid(f"--credentials {folder}: a folder with some of {', '.join(_NAMES)}; none of them is there")
    for first, second in ((CERTIFICATE, KEY), (USERNAME, PASSWORD)):
        _require_pair(folder, found, first, second)
    if MECHANISM in found and USERNAME not in found:
        raise ConfigInvalid(f"--credentials {folder}: {MECHANISM} is there without {USERNAME} and {PASSWORD}")
    located = {setting: str(folder / name) for name, setting in _LOCATIONS.items() if name in found}
    if USERNAME not in found:
        return {"security.protocol": "SSL", **located}
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": _mechanism(folder, found),
        "sasl.username": found[USERNAME],
        "sasl.password": found[PASSWORD],
        **located,
    }


def _require_pair(folder: Path, found: Mapping[str, str], first: str, second: str) -> None:
    for there, missing in ((first, second), (second, first)):
        if there in found and missing not in found:
            raise ConfigInvalid(f"--credentials {folder}: {there} is there and {missing} is not; they come together")


def _mechanism(folder: Path, found: Mapping[str, str]) -> str:
    asked = found.get(MECHANISM, Mechanism.SCRAM_SHA_512)
    try:
        return Mechanism(asked.upper()).value
    except ValueError:
        raise ConfigInvalid(
            f"--credentials {folder / MECHANISM}: {asked!r} is none of {', '.join(Mechanism)}"
        ) from None
