"""A mounted Secret for the state store: what is there is used, and what does not go together is told by name."""

import threading
from collections.abc import Mapping
from pathlib import Path

import certifi
import pytest
from churn_runtimes.state.credentials import MountedLogin, login_of
from churn_runtimes.state.errors import StateDenied

Files = Mapping[str, bytes]
PASSWORD: Files = {"password": b"pa ss\n"}
LOGIN: Files = {**PASSWORD, "username": b"worker"}
AUTHORITIES: Files = {"ca.crt": Path(certifi.where()).read_bytes()}
HOST, TLS = "redis://host", "rediss://host"


def _mounted(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("url", "files", "login", "names"),
    [
        pytest.param(HOST, PASSWORD, ("pa ss",), {"credential_provider"}, id="a password"),
        pytest.param(HOST, LOGIN, ("worker", "pa ss"), {"credential_provider"}, id="a user"),
        pytest.param("rediss://me:own@host", AUTHORITIES, None, {"ssl_ca_certs"}, id="an authority alone"),
        pytest.param(
            TLS,
            {**LOGIN, **AUTHORITIES},
            ("worker", "pa ss"),
            {"credential_provider", "ssl_ca_certs"},
            id="all",
        ),
        pytest.param(HOST, {**PASSWORD, "tls.p12": b"\xff"}, ("pa ss",), {"credential_provider"}, id="something else"),
    ],
)
def test_what_a_secret_says(
    tmp_path: Path, url: str, files: Files, login: tuple[str, ...] | None, names: set[str]
) -> None:
    settings = login_of(url, folder := _mounted(tmp_path, files))
    assert settings.keys() == names
    assert settings.get("ssl_ca_certs", str(folder / "ca.crt")) == str(folder / "ca.crt")
    if login:
        assert MountedLogin(folder).get_credentials() == login
    assert "pa ss" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "files", "told"),
    [
        pytest.param(HOST, {}, "none of them is there", id="nothing"),
        pytest.param(HOST, {"username": b"me"}, "username is there and password is not", id="no password"),
        pytest.param(HOST, {"password": b"\n"}, "password: empty", id="an empty password"),
        pytest.param(HOST, {"password": b"pa\xff"}, "password: no UTF-8 text", id="a password that is no text"),
        pytest.param("redis://:own@host", PASSWORD, "--state has a user or a password, too", id="two passwords"),
        pytest.param("redis://me@host", PASSWORD, "--state has a user or a password, too", id="a user in the URL"),
        pytest.param("redis://host?password=own", PASSWORD, "has a user or a password, too", id="one in the query"),
        pytest.param(HOST, {**LOGIN, "ca.crt": b"c"}, "write rediss://", id="an authority without TLS"),
        pytest.param(TLS, {"ca.crt": b"hello"}, "ca.crt: no certificates in PEM", id="an authority that is none"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, url: str, files: Files, told: str) -> None:
    with pytest.raises(StateDenied, match=told) as found:
        login_of(url, _mounted(tmp_path, files))
    assert not any(word in str(found.value) for word in ("pa ss", "own@", "=own"))


def _change(folder: Path, number: int) -> None:
    """As the kubelet does it: a folder for each moment, and one link that names the present one."""
    (folder / f"..{number}").mkdir()
    for name in ("username", "password"):
        (folder / f"..{number}" / name).write_text(str(number), encoding="utf-8")
    (folder / "..next").symlink_to(f"..{number}")
    (folder / "..next").rename(folder / "..data")


def test_user_and_password_are_of_one_moment(tmp_path: Path) -> None:
    _change(tmp_path, 0)
    for name in ("username", "password"):
        (tmp_path / name).symlink_to(f"..data/{name}")

    def change() -> None:
        for number in range(1, 500):
            _change(tmp_path, number)

    changing = threading.Thread(target=change)
    changing.start()
    found = []
    while changing.is_alive():
        found.append(MountedLogin(tmp_path).get_credentials())
    assert {len({*login}) for login in found} == {1}
    assert len({*found}) > 1
