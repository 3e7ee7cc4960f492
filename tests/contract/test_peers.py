"""A bundle from another pod, by real servers: what a server offers, and what a fetch takes from whom."""

import itertools
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import churn_runtimes.peers
import pytest
from churn_models.bundle import Bundle, open_bundle
from churn_models.bundle_manifest import MANIFEST, SCHEMA
from churn_models.exit_code import ExitCode
from churn_models.registry import ModelReference
from churn_runtimes.cli import main
from churn_runtimes.fetch import Patience, Wanted, fetch
from churn_runtimes.peers import Peer, PeerFailed, Peers
from support.bundle_registry import SOURCE, bundle_registry
from support.bundle_server import bundle_server
from support.command_line import Finished, run
from support.free_port import free_port
from support.http_answers import Answer, Answers, http_answers
from support.http_thread import HttpThread

NO_MLFLOW = "http://127.0.0.1:9"
PEER_SECONDS = 5
"""Enough for the whole bundle of a good pod on a busy machine."""
TRICKLE_SECONDS = 40


@pytest.fixture(scope="module", params=[(), ("--member", "xgboost")], ids=["ensemble", "one member"])
def port(request: pytest.FixtureRequest, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The metrics port of a real server."""
    metrics = free_port()
    options = ("--metrics-port", str(metrics), *request.param)
    with bundle_server(bundle, tmp_path_factory.mktemp("peer") / "server.log", options):
        yield metrics


def test_a_server_offers_its_whole_bundle(port: int, bundle: Bundle) -> None:
    for path in (MANIFEST, *(file.path for file in bundle.manifest.files)):
        status, body = _get(port, f"/bundle/{bundle.digest}/{path}")
        assert (status, body) == (200, (bundle.folder / path).read_bytes()), path


@pytest.mark.parametrize(
    "path",
    [
        "/bundle/sha256:{zeros}/manifest.json",
        "/bundle/{digest}/",
        "/bundle/{digest}/members",
        "/bundle/{digest}/notes.txt",
        "/bundle/{digest}//etc/passwd",
        "/bundle/{digest}/../{digest}/manifest.json",
        "/bundle/{digest}/members/../manifest.json",
        "/bundle/{digest}/%2e%2e/%2e%2e/etc/passwd",
        "/bundle/{digest}/..%2fmanifest.json",
        "/bundle/{digest}/manifest.json%00",
    ],
)
def test_and_nothing_else(path: str, port: int, bundle: Bundle) -> None:
    status, body = _get(port, path.format(digest=bundle.digest, zeros="0" * 64))
    assert status == 404
    assert b"{" not in body.replace(b'{"detail"', b"")


def test_only_reading_and_only_whole_files(port: int, bundle: Bundle) -> None:
    path = f"/bundle/{bundle.digest}/{SCHEMA}"
    assert _get(port, path, method="DELETE")[0] == 405
    assert _get(port, path, "range: bytes=0-0\r\n") == (200, (bundle.folder / SCHEMA).read_bytes())


def test_a_pod_starts_without_mlflow(
    port: int, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = _fetch(bundle, tmp_path, f"localhost:{port}", capsys)
    assert ended.exit_code == 0, ended.output
    assert f"{bundle.digest} from the pod at 127.0.0.1\n" in ended.output
    assert open_bundle(tmp_path / "to", bundle.digest).manifest == bundle.manifest


def _peer(folder: Path) -> Answers:
    """A pod that offers the files of a folder, whatever digest is asked for."""

    def answer(target: str) -> Answer:
        return Answer(body=(folder / target.split("/", 3)[3]).read_bytes())

    return answer


def _with(path: str, answer: Answer) -> Callable[[Path], Answers]:
    """A pod that is good but for one file."""
    return lambda folder: lambda target: answer if target.endswith(path) else _peer(folder)(target)


def _other_bytes(folder: Path) -> Answers:
    size = (folder / SCHEMA).stat().st_size
    return _with(SCHEMA, Answer(body=b"x" * size))(folder)


def _always(answer: Answer) -> Callable[[Path], Answers]:
    return lambda _: lambda _: answer


def _endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 65536


def _drip() -> Iterator[bytes]:
    for _ in range(2 * PEER_SECONDS):
        yield b" "
        time.sleep(1)


HOSTILE = {
    "other bytes of the same size": _other_bytes,
    "another manifest": _with(MANIFEST, Answer(body=b"{}")),
    "a manifest without end": _with(MANIFEST, Answer(body=_endless)),
    "a file without end": _with(SCHEMA, Answer(body=_endless)),
    "a file byte by byte": _with(SCHEMA, Answer(body=_drip)),
    "compressed": _with(SCHEMA, Answer(body=b"\x1f\x8b", headers={"content-encoding": "gzip"})),
    "sent elsewhere": _always(Answer(302, headers={"location": "http://127.0.0.2/"})),
    "another bundle": _always(Answer(404)),
    "broken": _always(Answer(500, b"no")),
}


class _TricklingHeaders(BaseHTTPRequestHandler):
    """Sends header after header, each within the time that a client waits for bytes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A read; the client leaves in the middle of it."""
        self.send_response(200)
        with suppress(OSError):
            for number in range(TRICKLE_SECONDS):
                self.send_header(f"x-{number}", "")
                self.flush_headers()
                time.sleep(1)


def test_headers_that_trickle_in_are_not_waited_for(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(churn_runtimes.peers, "_SECONDS", 1)
    began = time.monotonic()
    with HttpThread(_TricklingHeaders) as server, pytest.raises(PeerFailed, match="more than 1 s"):
        Peer("127.0.0.1", server.port).copy(bundle.digest, tmp_path / "to")
    assert time.monotonic() - began < TRICKLE_SECONDS


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_pod_is_refused_and_the_next_one_asked(
    case: str, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(churn_runtimes.peers, "_SECONDS", PEER_SECONDS)
    hostile = HOSTILE[case](bundle.folder)
    port = free_port()
    with http_answers(hostile, "127.0.0.1", port):
        alone = _fetch(bundle, tmp_path, f"127.0.0.1:{port}", capsys)
        # No fault of the bundle: MLflow or another pod may have the right one.
        assert alone.exit_code == ExitCode.UNAVAILABLE, alone.output
        assert "error (RegistryUnreachable)" in alone.output.splitlines()[-1]
        monkeypatch.setattr(Peers, "addresses", lambda _: ["127.0.0.1", "127.0.0.2"])
        with http_answers(_peer(bundle.folder), "127.0.0.2", port):
            ended = _fetch(bundle, tmp_path, f"pods:{port}", capsys)
    assert "from the pod at 127.0.0.2\n" in ended.output


def test_mlflow_is_asked_before_the_pods(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with http_answers(bundle_registry(bundle.folder)) as uri:
        ended = _fetch(bundle, tmp_path, "127.0.0.1:9", capsys, uri)
    assert "from MLflow, version 1" in ended.output


def test_a_bundle_fault_asks_no_pod(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = Path(shutil.copytree(bundle.folder, tmp_path / "copy"))
    (copy / SCHEMA).write_bytes(b"{}")
    port = free_port()
    with http_answers(bundle_registry(copy)) as uri, http_answers(_peer(bundle.folder), port=port):
        ended = _fetch(bundle, tmp_path, f"127.0.0.1:{port}", capsys, uri)
    assert ended.exit_code == ExitCode.BUNDLE_FAULT


def test_it_goes_on_asking_until_one_answers(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = itertools.count(1)
    whole = bundle_registry(bundle.folder)
    slept: list[float] = []
    with http_answers(lambda path: Answer(503) if next(asked) <= 3 else whole(path)) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        wanted = Wanted(ModelReference.parse(SOURCE), bundle.digest, tmp_path / "to")
        patience = Patience(60, clock=lambda: sum(slept), sleep=slept.append)
        fetched = fetch(wanted, Peers("nobody.invalid", 8082), patience)
    assert (fetched.bundle.digest, slept) == (bundle.digest, [1, 2, 4])


def _fetch(
    bundle: Bundle, folder: Path, peers: str, capsys: pytest.CaptureFixture[str], tracking_uri: str = NO_MLFLOW
) -> Finished:
    arguments = ["fetch", "--source", SOURCE, "--digest", bundle.digest, "--to", str(folder / "to"), "--peers", peers]
    return run(main, arguments, capsys, {"MLFLOW_TRACKING_URI": tracking_uri})


def _get(port: int, path: str, headers: str = "", method: str = "GET") -> tuple[int, bytes]:
    """Status and body, with the path as it is: a client would tidy it up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\nhost: pod\r\nconnection: close\r\n{headers}\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body
