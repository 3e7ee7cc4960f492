"""One run over a table by several processes: each writes a part, and whoever finds all parts there tells it.

`score --shard` uses it, as the pods of an Indexed Job do. Every file appears whole, a part that is there is not scored
again, and each part says in its footer of which run it is, so that two runs never mix.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from churn_models.errors import DataUnreadable, DataUnwritable
from churn_models.run_name import run_name
from churn_models.tables.share import Share

from churn_runtimes.score.score_table import Tally, Task
from churn_runtimes.score.source_state import state_of, state_of_table
from churn_runtimes.score.write_table import replaced

SUCCESS = "_SUCCESS"
_FOOTER = "churnserve"
_CHANGED = "the table changed while its shares were scored; score it again, as another run"


def folder_of_run(output: str, job: str | None) -> Path:
    """Where a run's parts lie: in the output itself where no run is named."""
    return Path(output) / f"run={run_name(job)}" if job else Path(output)


@dataclass(frozen=True)
class Scorer:
    """What scores a run: the same for each of its parts."""

    run_id: str
    """Tells this run from others that wrote into its folder; empty where nobody gives one."""
    model: str
    version: str | None
    digest: str


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run, seen by the process of one share."""

    folder: Path
    share: Share
    scorer: Scorer
    task: Task
    """What the whole run was asked for; each share has a destination of its own."""

    def begin(self) -> dict[str, Any] | None:
        """Make the folder; what this share's part says, where it is there already and still true.

        Raises DataUnreadable.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataUnwritable(f"{self.folder} cannot be made: {error}") from error
        found = self._found()
        state = state_of_table(self.task.source)
        for path, footer in found.items():
            if footer["source"] != state:
                raise DataUnreadable(
                    f"{path} has scores of another table, or of this one before it changed; {self._way}"
                )
        return found.get(self.part)

    @property
    def part(self) -> Path:
        """Where this share's scores go."""
        return self._part(self.share.index)

    def footer(self, tally: Tally) -> dict[str, str]:
        """What a part tells of itself: who scored it, its rows, and of which table they are a share."""
        if state_of(tally.source.files) != tally.state:
            raise DataUnreadable(_CHANGED)
        told = {
            **self._identity,
            "rows": tally.rows,
            "of_rows": tally.of_rows,
            "source": tally.state,
            "findings": dict(tally.told),
            "scored_at": tally.scored_at.isoformat(timespec="seconds"),
        }
        return {_FOOTER: json.dumps(told)}

    def finish(self) -> dict[str, Any] | None:
        """Write _SUCCESS where every part is there; None where others are under way. Raises DataUnreadable.

        Two runs may have begun in an empty folder; whoever ends second finds the other's parts.
        Whoever renames the last part sees all of them, so nobody waits for anybody; two who do write the same.
        """
        found = self._found()
        parts = [self._part(index) for index in range(self.share.count)]
        if not found.keys() >= set(parts):
            return None
        told = self._told([found[path] for path in parts])
        self._write(json.dumps(told, indent=2).encode() + b"\n")
        return told

    def _write(self, success: bytes) -> None:
        try:
            with replaced(self.folder / SUCCESS) as file:
                file.write(success)
        except DataUnwritable:
            # Another one has it locked, that has seen all parts too; should it be killed, its own share comes again.
            return
        except OSError as error:
            raise DataUnwritable(f"{self.folder / SUCCESS} cannot be written: {error}") from error

    def _told(self, footers: Sequence[dict[str, Any]]) -> dict[str, Any]:
        sources = {footer["source"] for footer in footers}
        rows, of_rows = sum(footer["rows"] for footer in footers), footers[0]["of_rows"]
        if len(sources) > 1 or of_rows not in (None, rows):
            raise DataUnreadable(_CHANGED)
        counts: dict[str, int] = {}
        for footer in footers:
            for fault, number in footer["findings"].items():
                counts[fault] = counts.get(fault, 0) + number
        return {
            "run": self.folder.name.removeprefix("run="),
            "model": self.scorer.model,
            "version": self.scorer.version,
            "digest": self.scorer.digest,
            "rows": rows,
            "findings": counts,
            "scored_at": max(footer["scored_at"] for footer in footers),
            "parts": [
                {"file": self._part(index).name, **{key: footer[key] for key in ("rows", "findings", "scored_at")}}
                for index, footer in enumerate(footers)
            ],
        }

    def _part(self, index: int) -> Path:
        return self.folder / f"part-{index:05}-of-{self.share.count:05}.parquet"

    @property
    def _identity(self) -> dict[str, Any]:
        """What is the same in every part of a run, as JSON has it."""
        return {
            **vars(self.scorer),
            "outputs": list(self.task.outputs),
            "keep": list(self.task.keep),
            "top_reasons": self.task.reasons.top,
            "contributions": self.task.reasons.contributions,
        }

    @property
    def _way(self) -> str:
        return f"give this run a folder of its own, or remove {self.folder} and score all shares again"

    def _found(self) -> dict[Path, dict[str, Any]]:
        """The footers of all parts, which are of this run. Raises DataUnreadable where one is not."""
        found = {path: _read_footer(path) for path in sorted(self.folder.glob("part-*.parquet"))}
        for path, footer in found.items():
            other = [key.replace("_", " ") for key, value in self._identity.items() if footer.get(key) != value]
            if not path.stem.endswith(f"-of-{self.share.count:05}"):
                other.append("number of shares")
            if other:
                raise DataUnreadable(f"{path} is of another run, with other {', '.join(other)}; {self._way}")
        return found


def _read_footer(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((pq.read_metadata(path).metadata or {})[_FOOTER.encode()])
        return found
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise DataUnreadable(f"{path} is no part of a run: {error!r}") from error
