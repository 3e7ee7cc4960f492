"""The sidecar with alibi-detect, as its image runs it: soon ready, small, and no window is lost to a missing value."""

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import REFERENCE_SAMPLE
from churn_models.encoding import Matrix
from churn_runtimes.tap.frame import Frame, write_frame
from support.alibi_detect import with_alibi_detect
from support.drift_sidecar import RunningSidecar, drift_sidecar
from support.eventually import eventually
from support.figures import record

_ROWS = 300
_SECONDS = 30
OPTIONS = ("--engine", "alibi-detect", "--window-rows", str(_ROWS), "--window-min-age-seconds", "0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alibi")


@pytest.fixture(scope="module")
def sidecar(bundle: Bundle, folder: Path) -> Iterator[RunningSidecar]:
    with drift_sidecar(bundle, folder / "tap.sock", folder / "log", OPTIONS, with_alibi_detect()) as running:
        cpu = record("alibi_ready_cpu_s", running.cpu_seconds(), "s of processor time until it is ready", "<= 5")
        assert cpu.holds, cpu
        yield running


def test_windows_with_missing_and_unseen_values_are_judged(
    sidecar: RunningSidecar, bundle: Bundle, folder: Path
) -> None:
    sample: Matrix = np.load(bundle.folder / REFERENCE_SAMPLE, allow_pickle=False)
    rows = np.resize(sample, (_ROWS, sample.shape[1]))
    gaps = rows.copy()
    gaps[0] = np.nan
    moved = gaps.copy()
    place = bundle.schema().numeric_positions[0]
    moved[:, place] += np.nanmax(sample[:, place])
    for number, window in enumerate((rows, gaps, moved), 1):
        _tap(folder / "tap.sock", bundle, window)
        eventually(partial(_has_judged, sidecar, number), _SECONDS)
    engine = sidecar.report().engine
    assert (engine.name, engine.lost) == ("alibi-detect", 0)
    assert [window.is_drift for window in engine.windows] == [False, False, True]
    memory = record("alibi_rss_mib", sidecar.peak_mebibytes(), "MiB, the sidecar's peak", "<= 200")
    assert memory.holds, memory


def _has_judged(sidecar: RunningSidecar, windows: int) -> bool:
    return sidecar.report().engine.judged == windows


def _tap(path: Path, bundle: Bundle, rows: Matrix) -> None:
    """As the server sends rows: its own socket is one of the flusher's thread."""
    frame = Frame(bundle.digest, rows, np.full(len(rows), 0.3), unseen={}, dropped={})
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(str(path))
        server.send(write_frame(frame))
