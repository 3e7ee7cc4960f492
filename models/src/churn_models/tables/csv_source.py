"""CSV: every cell as the text that stands in the file, read in C in blocks; typing is the schema's work."""

import csv
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from churn_models.errors import DataUnreadable
from churn_models.feature_schema import CsvForm
from churn_models.tables.csv_records import faulty_lines, read_header
from churn_models.tables.source import Origin, Source
from churn_models.tables.text_cells import column_names, read_cells
from churn_models.tables.text_form import TextForm, find_form, open_bytes


def open_csv(path: Path, named: CsvForm) -> Source:
    """Its form is found out where it is not named. Raises DataUnreadable."""
    try:
        form = find_form(path, named)
        header = read_header(form)
    except (OSError, UnicodeError, LookupError, csv.Error) as error:
        raise DataUnreadable(f"{path} cannot be read as CSV: {error}") from error

    def read(columns: Sequence[str], words: Collection[str]) -> Iterator[pa.RecordBatch]:
        return (batch.select(list(columns)) for batch in _read(form, header))

    origin = Origin(f"{path.name}, {form}", form.decimal, form, (path,))
    return Source(tuple(column_names(header)), origin, read)


def _read(form: TextForm, header: Sequence[str]) -> Iterator[pa.RecordBatch]:
    hides_lines = form.quotes % 2 == 1
    try:
        with open_bytes(form.path) as content:
            for batch in read_cells(content, header, form.separator, form.encoding):
                hides_lines = hides_lines or (form.quotes > 0 and _holds_line_end(batch))
                yield batch
    except (OSError, UnicodeError, LookupError) as error:
        raise DataUnreadable(f"{form.path} cannot be read as CSV: {error}") from error
    except pa.ArrowException as error:
        faults = list(faulty_lines(form)) or [str(error)]
        raise DataUnreadable(f"{form.path} cannot be read as CSV: {'; '.join(faults)} ({form})") from error
    # A quotation mark that is never closed could have swallowed lines: then a value has a line end.
    if hides_lines and (faults := list(faulty_lines(form))):
        raise DataUnreadable(f"{form.path}: {'; '.join(faults)} ({form})")


def _holds_line_end(batch: pa.RecordBatch) -> bool:
    return any(pc.any(pc.match_substring(column, "\n")).as_py() for column in batch.columns)
