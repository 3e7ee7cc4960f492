"""How `fetch` ends, by what caused it: the operator judges a pod by this number alone."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import churn_models.mlflow_server
import pytest
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import MANIFEST, SCHEMA
from churn_models.exit_code import ExitCode
from churn_runtimes.cli import main
from support.bundle_registry import SOURCE, bundle_registry
from support.command_line import Finished, run
from support.http_answers import Answer, http_answers

PAGE = Answer(body=b"<html>log in</html>", headers={"content-type": "text/html; charset=utf-8"})


def _drip() -> Iterator[bytes]:
    time.sleep(4)
    yield b"{"


ANSWERS = {
    "404 of a proxy": (Answer(404, b"Not Found"), "RegistryAnswerInvalid"),
    "401": (Answer(401, b"who?"), "RegistryUnauthorized"),
    "403": (Answer(403, b"no"), "RegistryForbidden"),
    "503": (Answer(503, b"down"), "RegistryUnreachable"),
    "sent to a login page": (Answer(302, b"", {"location": "/login"}), "RegistryAnswerInvalid"),
    "a page with status 200": (PAGE, "RegistryAnswerInvalid"),
    "too slow": (Answer(body=_drip), "RegistryUnreachable"),
}
NO_ANSWERS_OF_MLFLOW = {
    "a list": (Answer(body=b"[]"), "RegistryAnswerInvalid"),
    "an answer that says nothing": (Answer(body=b"{}"), "RegistryAnswerInvalid"),
}

Fetch = Callable[[str], Finished]


@pytest.fixture
def fetch(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Fetch:
    """Fetch the bundle from a registry at this address."""
    monkeypatch.setattr(churn_models.mlflow_server, "_TIMEOUT_SECONDS", 2.0)
    arguments = ["fetch", "--source", SOURCE, "--digest", bundle.digest, "--to", str(tmp_path / "to")]
    return lambda tracking_uri: run(main, arguments, capsys, {"MLFLOW_TRACKING_URI": tracking_uri})


@pytest.mark.parametrize("case", [*ANSWERS, *NO_ANSWERS_OF_MLFLOW])
def test_what_the_registry_causes_is_told_apart(case: str, fetch: Fetch) -> None:
    answer, name = {**ANSWERS, **NO_ANSWERS_OF_MLFLOW}[case]
    with http_answers(lambda _: answer) as uri:
        _check(fetch(uri), ExitCode.UNAVAILABLE, name)


@pytest.mark.parametrize("case", ANSWERS)
def test_also_where_it_knows_the_version_and_not_the_files(case: str, bundle: Bundle, fetch: Fetch) -> None:
    answer, name = ANSWERS[case]
    whole = bundle_registry(bundle.folder)
    with http_answers(lambda path: answer if "artifacts" in path else whole(path)) as uri:
        _check(fetch(uri), ExitCode.UNAVAILABLE, name)


def test_a_registry_that_is_not_there(fetch: Fetch) -> None:
    _check(fetch("http://127.0.0.1:9"), ExitCode.UNAVAILABLE, "RegistryUnreachable")


def _other_bytes(folder: Path) -> None:
    (folder / SCHEMA).write_bytes(b"x" * (folder / SCHEMA).stat().st_size)


@pytest.mark.parametrize(
    ("touch", "name"),
    [
        pytest.param(_other_bytes, "FileAltered", id="a file with other bytes"),
        pytest.param(lambda folder: (folder / SCHEMA).write_bytes(b"{}"), "FileAltered", id="a shorter file"),
        pytest.param(lambda folder: (folder / MANIFEST).write_bytes(b"{}"), "ManifestInvalid", id="another manifest"),
    ],
)
def test_a_bundle_fault_is_told_apart(
    touch: Callable[[Path], object], name: str, bundle: Bundle, tmp_path: Path, fetch: Fetch
) -> None:
    copy = Path(shutil.copytree(bundle.folder, tmp_path / "copy"))
    touch(copy)
    with http_answers(bundle_registry(copy)) as uri:
        _check(fetch(uri), ExitCode.BUNDLE_FAULT, name)


def test_a_whole_bundle_is_fetched(bundle: Bundle, fetch: Fetch) -> None:
    with http_answers(bundle_registry(bundle.folder)) as uri:
        ended = fetch(uri)
    assert ended.exit_code == 0, ended.output


def _check(ended: Finished, code: ExitCode, name: str) -> None:
    (line,) = ended.output.splitlines()
    assert (ended.exit_code, line.partition(":")[0]) == (code, f"error ({name})"), ended.output
