"""A server whose bundle must not be served: it never says ready, names the reason, and ends with an error."""

import shutil
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from churn_models.bundle import Bundle, open_bundle
from churn_models.bundle_manifest import GOLDEN, SCHEMA
from churn_models.exit_code import ExitCode
from churn_runtimes.cli import main
from churn_runtimes.listener import listen
from support.command_line import run
from support.free_port import free_port
from support.local_stack import LocalStack
from support.relist import relist

SECONDS = 60


def _never_ready_while_it_runs(stack: LocalStack, bundle: Path) -> tuple[int, str]:
    port = free_port()
    process = stack.start_serving(str(bundle), port, free_port())
    deadline = time.monotonic() + SECONDS
    while process.running():
        assert time.monotonic() < deadline
        with suppress(httpx.HTTPError):
            assert httpx.get(f"http://127.0.0.1:{port}/v2/health/ready", timeout=1).status_code != 200
        time.sleep(0.05)
    return process.wait(1), process.log.read_text()


def _ports() -> list[str]:
    # Not the default ones, which another server of this machine may have.
    return [f"--rest-port={free_port()}", f"--metrics-port={free_port()}"]


def test_golden_rows_that_are_off(stack: LocalStack, bundle: Bundle, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle.folder, tmp_path / "bundle"))
    rows = list(open_bundle(folder).golden())
    rows[5] = rows[5].model_copy(update={"score": rows[5].score + 2e-6})
    (folder / GOLDEN).write_text("".join(row.model_dump_json() + "\n" for row in rows))
    relist(folder)
    code, log = _never_ready_while_it_runs(stack, folder)
    assert code == ExitCode.BUNDLE_FAULT
    assert "golden row 5: ensemble differs by" in log


def test_a_touched_file(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(bundle.folder, tmp_path / "bundle"))
    (folder / SCHEMA).write_text("{}")
    ended = run(main, ["serve", "--bundle", str(folder), *_ports()], capsys)
    assert (ended.exit_code, "schema.json has 2 bytes" in ended.output) == (ExitCode.BUNDLE_FAULT, True)


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("models:/nothing@champion", ExitCode.UNAVAILABLE, "knows no such model"),
        ("models:/nothing", ExitCode.UNAVAILABLE, "neither models:/name@alias"),
        ("nowhere", ExitCode.BUNDLE_FAULT, "cannot be read"),
    ],
)
def test_a_bundle_that_is_not_there(
    source: str, code: ExitCode, message: str, stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = run(main, ["serve", "--bundle", source, *_ports()], capsys, {"MLFLOW_TRACKING_URI": stack.tracking_uri})
    assert ended.exit_code == code
    assert message in ended.output


def test_a_signal_ends_a_ready_server_cleanly(stack: LocalStack, bundle: Bundle) -> None:
    serving = stack.serve(str(bundle.folder))
    assert serving.process.stop() == 0


@pytest.mark.parametrize("taken", ["--rest-port", "--grpc-port", "--metrics-port"])
def test_a_port_that_is_taken(taken: str, stack: LocalStack, bundle: Bundle) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        process = stack.start_serving(str(bundle.folder), free_port(), free_port(), taken, str(port))
        assert process.wait(SECONDS) == 1
    assert f"PortUnavailable): cannot listen on 127.0.0.1:{port}" in process.log.read_text()
