"""From a table of customers to a table of scores, batch by batch: memory does not grow with the rows."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from churn_models.bundle import Bundle
from churn_models.encoding import encode
from churn_models.errors import DataInvalid
from churn_models.outputs import PROBABILITY, Outputs
from churn_models.tables.open_source import open_source
from churn_models.tables.share import WHOLE, RowNumbers, Share
from churn_models.tables.source import Origin, Source
from churn_models.tables.text_of import text_of
from churn_models.violation import Violation

from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.score.columns import ROW, Columns, plan_columns
from churn_runtimes.score.faults import Faults
from churn_runtimes.score.kept import Output, kept
from churn_runtimes.score.overwriting import refuse_overwriting
from churn_runtimes.score.read_rows import ReadRows, read_rows
from churn_runtimes.score.reasons import NO_REASONS, ReasonColumns, Reasons
from churn_runtimes.score.source_state import state_of_table
from churn_runtimes.score.write_table import output_of, writer_to

DIGEST = "digest"
SCORED_AT = "scored_at"
_TELL_SECONDS = 5.0
_MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Task:
    """Where from, where to, what goes through beside the identity, which outputs and reasons come beside P(churn).

    Of a Parquet table that several processes score, `share` is read; `footer` makes the metadata of a Parquet file.
    """

    source: str
    destination: str
    keep: Sequence[str] = ()
    outputs: Sequence[str] = ()
    reasons: Reasons = NO_REASONS
    share: Share = WHOLE
    footer: Callable[["Tally"], dict[str, str]] | None = None


@dataclass(frozen=True)
class Tally:
    """What was written, `rows` of all that the table has (None: unknown), and the cells that were told of."""

    rows: int
    of_rows: int | None
    source: Origin
    state: str
    """Of the source's files before they were opened."""
    told: Mapping[str, int]
    scored_at: datetime


@dataclass(frozen=True)
class Scored:
    """How many rows were written, in how many seconds, and what was found in cells that were scored all the same."""

    rows: int
    seconds: float
    told: Sequence[Violation]


class TableScorer:
    """Scores tables by one bundle; `tell` is called now and then with the progress in words."""

    def __init__(self, bundle: Bundle, evaluator: Evaluator, tell: Callable[[str], None]) -> None:
        self._schema = bundle.schema()
        self._digest = bundle.digest
        self._outputs = Outputs.of(bundle)
        self._evaluator = evaluator
        self._tell = tell

    def score(self, task: Task) -> Scored:
        """Write identity, kept columns, outputs, reasons, digest and time.

        Raises DataInvalid, DataUnreadable or OutputUnknown.
        """
        began = self._told = time.monotonic()
        outputs = self._outputs.wanted([PROBABILITY, *task.outputs])
        reasons = ReasonColumns(task.reasons, self._schema, self._evaluator)
        write = writer_to(task.destination, lambda: task.footer(running.tally(moment)) if task.footer else {})
        state = state_of_table(task.source)
        source = open_source(task.source, self._schema.csv, task.share)
        refuse_overwriting(task.source, source.origin.files, task.destination)
        columns = plan_columns(self._schema, source.names, task.keep, [*outputs, *reasons.names, DIGEST, SCORED_AT])
        faults = Faults(source.origin, self._schema.identity)
        running = _Running(source, state, columns, output_of(task.destination), faults, reasons)
        moment = datetime.now(UTC)
        stamp = {DIGEST: pa.scalar(self._digest), SCORED_AT: pa.scalar(moment, _MOMENT)}
        write(self._scored(running, outputs, stamp))
        return Scored(running.rows, time.monotonic() - began, running.faults.violations(refused=False))

    def _scored(
        self, running: "_Running", outputs: Sequence[str], stamp: Mapping[str, pa.Scalar]
    ) -> Iterator[pa.RecordBatch]:
        for batch, read in self._read(running):
            matrix = encode(self._schema, read.columns).matrix
            values = self._outputs.values(outputs, self._evaluator.score(matrix))
            arrays = {name: pa.array(found) for name, found in values.items()}
            arrays |= running.reasons.arrays(matrix, lambda rows: self._tell_now_and_then(running.rows + rows))
            arrays |= {name: pa.repeat(value, batch.num_rows) for name, value in stamp.items()}
            named = [
                *self._through(running, batch),
                *((pa.field(name, made.type), made) for name, made in arrays.items()),
            ]
            yield pa.RecordBatch.from_arrays([made for _, made in named], schema=pa.schema([name for name, _ in named]))
        if running.faults.refuse:
            raise DataInvalid(running.faults.violations(refused=True))

    def _read(self, running: "_Running") -> Iterator[tuple[pa.RecordBatch, ReadRows]]:
        """The batches that can be scored; after one that cannot, the others are only looked at."""
        features = running.columns.features
        for batch in running.batches(self._schema.vocabularies):
            absent = pa.nulls(batch.num_rows, pa.float64())
            cells = {
                name: text_of(batch.column(features[name])) if name in features else absent
                for name in self._schema.names
            }
            read = read_rows(self._schema, cells, running.source.origin.decimal)
            customers = text_of(batch.column(running.columns.identity)) if running.columns.identity else None
            for name, faults in read.faults.items():
                running.faults.count(name, faults, cells[name], customers, running.places(batch.num_rows))
            if not running.faults.refuse:
                yield batch, read
            running.rows += batch.num_rows
            self._tell_now_and_then(running.rows)

    def _tell_now_and_then(self, rows: int) -> None:
        if time.monotonic() - self._told >= _TELL_SECONDS:
            self._tell(f"{rows} rows …")
            self._told = time.monotonic()

    def _through(self, running: "_Running", batch: pa.RecordBatch) -> list[tuple[pa.Field, pa.Array]]:
        columns = running.columns
        if self._schema.identity and columns.identity:
            name, customers = self._schema.identity, text_of(_plain(batch.column(columns.identity)))
        else:
            name, customers = ROW, pa.array(running.places(batch.num_rows) + 1)
        through = [kept(running.source, batch, name, running.output) for name in columns.kept]
        return [(pa.field(name, customers.type), customers), *through]


@dataclass
class _Running:
    """One table under way."""

    source: Source
    state: str
    columns: Columns
    output: Output
    faults: Faults
    reasons: ReasonColumns
    rows: int = 0

    def places(self, rows: int) -> RowNumbers:
        """Where in the table the next rows are, from 0."""
        return self.source.in_table(np.arange(self.rows, self.rows + rows))

    def tally(self, scored_at: datetime) -> Tally:
        """When all of it is done."""
        return Tally(self.rows, self.source.rows, self.source.origin, self.state, self.faults.counts(), scored_at)

    def batches(self, words: Iterable[str]) -> Iterator[pa.RecordBatch]:
        """The columns that are needed; `words` are features with few distinct values.

        What goes through is read with one type in all batches, not as dictionaries.
        """
        through = {self.columns.identity, *self.columns.kept}
        few = {self.columns.features[name] for name in words} - through
        return self.source.read(self.columns.read, few)


def _plain(column: pa.Array) -> pa.Array:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
