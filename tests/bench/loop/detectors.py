"""Other people's detectors, each a process in an environment of its own that is asked about one window after another.

A detector's reference is what its champion was fitted on, as a user would give it, and changes with the champion.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from bench.loop.policies import Seen
from bench.loop.stream import Stream
from churn_training.progress import say, step
from churn_training.split import Positions
from support.pinned_environment import pinned_environment

_HERE = Path(__file__).parents[1]
_MOST_ROWS = 5_000
_MISSING = np.float32(-3e38)


class Detector(StrEnum):
    """Each value names its file of pinned requirements."""

    ALIBI = "alibi"
    EVIDENTLY = "evidently"
    NANNYML = "nannyml"


_SCRIPTS = {Detector.ALIBI: "alibi.py", Detector.EVIDENTLY: "evidently_drift.py", Detector.NANNYML: "nannyml_cbpe.py"}


@dataclass
class AskedDetector:
    """A running one; `lost` are windows that it could not judge."""

    process: "subprocess.Popen[str]"
    scratch: Path
    reference: tuple[str, int] | None = None
    lost: int = 0
    answers: dict[tuple[str, int, int], bool] = field(default_factory=dict)

    def alarms(self, seen: Seen) -> bool:
        """Whether the window after which this was seen differs from what the champion knows."""
        stream, champion = seen.stream, seen.champion
        key = (stream.name, champion.number, seen.window.number)
        if key not in self.answers:
            if self.reference != key[:2]:
                judged_by_scores = champion.judged if self._needs_scores else champion.fitted
                self._ask(seen, _thinned(judged_by_scores), is_reference=True)
                self.reference = key[:2]
            found = self._ask(seen, np.arange(seen.window.first, seen.window.end))
            self.lost += "lost" in found
            self.answers[key] = bool(found["alarm"])
        return self.answers[key]

    @property
    def _needs_scores(self) -> bool:
        return _SCRIPTS[Detector.NANNYML] in str(self.process.args)

    def _ask(self, seen: Seen, rows: Positions, is_reference: bool = False) -> dict[str, object]:
        path = self.scratch / "rows.npz"
        np.savez(
            path,
            rows=_without_gaps(seen.stream, rows),
            categorical=np.array(seen.stream.data.schema.categorical_positions),
            scores=seen.champion.scores[rows],
            target=seen.stream.data.target[rows],
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"rows": str(path), "is_reference": is_reference}) + "\n")
        self.process.stdin.flush()
        found: dict[str, object] = json.loads(self.process.stdout.readline())
        return found


@contextmanager
def started(detector: Detector, scratch: Path) -> Iterator[AskedDetector | None]:
    """Its process; None, and said so, where its packages cannot be installed."""
    try:
        with step(f"the environment {detector}, made once"):
            python = pinned_environment(_HERE / "requirements" / f"{detector}.txt") / "python"
    except subprocess.CalledProcessError as error:
        say(f"  {detector} is left out: {error}")
        yield None
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with (scratch / f"{detector}.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(python), str(_HERE / "peers/drift" / _SCRIPTS[detector])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        with process:
            yield AskedDetector(process, scratch)
            assert process.stdin is not None
            process.stdin.close()


def _thinned(rows: Positions) -> Positions:
    """Evenly, where there are more than a detector needs."""
    return rows if len(rows) <= _MOST_ROWS else rows[np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(np.int64)]


def _without_gaps(stream: Stream, rows: Positions) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    """Missing numbers as a number that no feature has, missing and unseen categories as a code of their own."""
    matrix = stream.data.matrix[rows].copy()
    for position, feature in enumerate(stream.data.schema.features):
        code = len(feature.categories) if feature.kind == "categorical" else _MISSING
        matrix[np.isnan(matrix[:, position]), position] = code
    return matrix
