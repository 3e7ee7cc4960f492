"""A mounted Secret as settings of Kafka's client: what is there is used, and half a pair is told by name."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from churn_runtimes.stream.credentials import read_credentials
from churn_runtimes.stream.errors import ConfigInvalid

Files = Mapping[str, bytes]
LOGIN: Files = {"username": b"churn", "password": b"secret\n"}
PAIR: Files = {"tls.crt": b"certificate", "tls.key": b"key"}
SASL = {"security.protocol": "SASL_SSL", "sasl.username": "churn", "sasl.password": "secret"}
OWN = {"ssl.certificate.location": "tls.crt", "ssl.key.location": "tls.key"}
SECRETS: dict[str, tuple[Files, Mapping[str, str]]] = {
    "an authority alone": ({"ca.crt": b"ca"}, {"security.protocol": "SSL", "ssl.ca.location": "ca.crt"}),
    "a certificate of our own": (PAIR, {"security.protocol": "SSL", **OWN}),
    "cert-manager's": ({**PAIR, "ca.crt": b"ca"}, {"security.protocol": "SSL", "ssl.ca.location": "ca.crt", **OWN}),
    "a login": (LOGIN, {**SASL, "sasl.mechanism": "SCRAM-SHA-512"}),
    "a login of another kind": ({**LOGIN, "mechanism": b"plain\n"}, {**SASL, "sasl.mechanism": "PLAIN"}),
    "all of it": (
        {**LOGIN, **PAIR, "ca.crt": b"ca", "mechanism": b"SCRAM-SHA-256"},
        {**SASL, "sasl.mechanism": "SCRAM-SHA-256", "ssl.ca.location": "ca.crt", **OWN},
    ),
    "what nobody asked for": ({**LOGIN, "user.p12": b"\xff"}, {**SASL, "sasl.mechanism": "SCRAM-SHA-512"}),
    "a password of several lines": (
        {**LOGIN, "password": b" a\nb \r\n"},
        {**SASL, "sasl.password": " a\nb ", "sasl.mechanism": "SCRAM-SHA-512"},
    ),
}


def _mounted(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(("files", "expected"), SECRETS.values(), ids=SECRETS)
def test_what_a_secret_says(tmp_path: Path, files: Files, expected: Mapping[str, str]) -> None:
    found = read_credentials(_mounted(tmp_path, files))
    located = {name: str(tmp_path / value) if name.startswith("ssl.") else value for name, value in expected.items()}
    assert found == located


FAULTS: dict[str, tuple[Files, str]] = {
    "an empty folder": ({}, "none of them is there"),
    "a certificate without its key": ({"tls.crt": b"c"}, "tls.crt is there and tls.key is not"),
    "a key without its certificate": ({"tls.key": b"k"}, "tls.key is there and tls.crt is not"),
    "a name without a password": ({"username": b"me"}, "username is there and password is not"),
    "a password without a name": ({"password": b"s"}, "password is there and username is not"),
    "a mechanism alone": ({"mechanism": b"PLAIN", "ca.crt": b"ca"}, "mechanism is there without username"),
    "a mechanism that we do not have": ({**LOGIN, "mechanism": b"GSSAPI"}, "'GSSAPI' is none of SCRAM-SHA-512"),
    "an empty password": ({**LOGIN, "password": b"\n"}, "password: empty"),
    "a password that is no text": ({**LOGIN, "password": b"\xff\xfe"}, "password: no UTF-8 text"),
}


@pytest.mark.parametrize(("files", "told"), FAULTS.values(), ids=FAULTS)
def test_a_secret_that_cannot_be_used(tmp_path: Path, files: Files, told: str) -> None:
    with pytest.raises(ConfigInvalid, match=told):
        read_credentials(_mounted(tmp_path, files))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="none of them is there"):
        read_credentials(tmp_path / "nowhere")
