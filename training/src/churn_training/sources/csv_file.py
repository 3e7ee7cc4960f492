"""CSV: every cell as the text that stands in the file, read in C in blocks; typing is the schema's work.

A line that is not built like the header is refused with its number: readers that mend such lines move values into
the wrong columns.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from churn_models.feature_schema import CsvForm

from churn_training.errors import DataUnreadable
from churn_training.progress import note
from churn_training.sources.origin import Origin, with_origin
from churn_training.sources.text_cells import read_cells
from churn_training.sources.text_form import TextForm, find_form, open_bytes, open_text

_SHOWN_LINES = 3


def read_csv(path: Path, named: CsvForm) -> pd.DataFrame:
    """All columns as text. Raises DataUnreadable."""
    try:
        form = find_form(path, named)
        header = _header(form)
        with open_bytes(path) as content:
            frame = read_cells(content, header, form.separator, form.encoding)
    except (OSError, UnicodeError, LookupError, csv.Error) as error:
        raise DataUnreadable(f"{path} cannot be read as CSV: {error}") from error
    except pa.ArrowException as error:
        raise DataUnreadable(_refusal(form, str(error))) from error
    if _may_hide_lines(form, frame) and (faults := list(_faulty_lines(form))):
        raise DataUnreadable(f"{path}: {'; '.join(faults)} ({form})")
    if not form.is_usual:
        note(f"{path.name} is {form}; where that is wrong, name it by `csv:` in schema.yaml")
    return with_origin(frame, Origin(f"{path.name}, {form}", form.decimal, form))


def line_numbers(form: TextForm, rows: Sequence[int]) -> dict[int, int]:
    """The line in which each of these rows (0 is the first below the header) begins."""
    wanted, last = set(rows), max(rows, default=-1)
    return {row: line for row, (line, _) in enumerate(_records(form, last + 2), -1) if row in wanted}


def _header(form: TextForm) -> list[str]:
    _, names = next(_records(form, 1), (0, []))
    if not names:
        raise DataUnreadable(f"{form.path} is empty")
    names[0] = names[0].removeprefix("\ufeff")
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise DataUnreadable(f"{form.path}: the header names a column twice: {', '.join(twice)} ({form})")
    return names


def _records(form: TextForm, most: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """The line in which each record begins, and its fields; blank lines are none."""
    with open_text(form.path, form.encoding) as text:
        reader = csv.reader(text, delimiter=form.separator, strict=True)
        begins, found = 1, 0
        for fields in reader:
            if fields:
                yield begins, fields
                found += 1
                if found == most:
                    return
            begins = reader.line_num + 1


def _may_hide_lines(form: TextForm, frame: pd.DataFrame) -> bool:
    """Whether a quotation mark that is never closed could have swallowed lines: then a value has a line end."""
    if not form.quotes:
        return False
    return form.quotes % 2 == 1 or any(
        pc.any(pc.match_substring(pa.chunked_array(frame[name].array.__arrow_array__()), "\n")).as_py()
        for name in frame.columns
    )


def _refusal(form: TextForm, words: str) -> str:
    faults = list(_faulty_lines(form)) or [words]
    return f"{form.path} cannot be read as CSV: {'; '.join(faults)} ({form})"


def _faulty_lines(form: TextForm) -> Iterator[str]:
    """The first few records that are not built like the header, or the quotation mark that is never closed."""
    records = _records(form)
    width, line, shown = 0, 1, 0
    try:
        for line, fields in records:
            width = width or len(fields)
            if len(fields) == width:
                continue
            yield f"line {line} has {_count(len(fields))}, the header {width}{_trailing(fields, width, form)}"
            shown += 1
            if shown == _SHOWN_LINES:
                return
    except csv.Error as error:
        yield f"a quotation mark opened after line {line} is not closed as CSV asks ({error})"


def _count(fields: int) -> str:
    return f"{fields} field{'s' if fields != 1 else ''}"


def _trailing(fields: list[str], width: int, form: TextForm) -> str:
    if len(fields) == width + 1 and not fields[-1]:
        return f" (the line ends with {form.separator!r}, the header does not)"
    return ""
