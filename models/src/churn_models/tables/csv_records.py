"""Records of a text file as the csv module reads them: its header, the lines of rows, and what is wrong with its lines.

A line that is not built like the header is refused with its number: readers that mend such lines move values into
the wrong columns.
"""

import csv
from collections.abc import Iterator, Sequence

from churn_models.errors import DataUnreadable
from churn_models.tables.text_form import TextForm, open_text

_SHOWN_LINES = 3


def read_header(form: TextForm) -> list[str]:
    """The names of the columns, as they are written. Raises DataUnreadable."""
    _, names = next(_records(form, 1), (0, []))
    if not names:
        raise DataUnreadable(f"{form.path} is empty")
    names[0] = names[0].removeprefix("\ufeff")
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise DataUnreadable(f"{form.path}: the header names a column twice: {', '.join(twice)} ({form})")
    return names


def line_numbers(form: TextForm, rows: Sequence[int]) -> dict[int, int]:
    """The line in which each of these rows (0 is the first below the header) begins."""
    wanted, last = set(rows), max(rows, default=-1)
    return {row: line for row, (line, _) in enumerate(_records(form, last + 2), -1) if row in wanted}


def faulty_lines(form: TextForm) -> Iterator[str]:
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


def _count(fields: int) -> str:
    return f"{fields} field{'s' if fields != 1 else ''}"


def _trailing(fields: list[str], width: int, form: TextForm) -> str:
    if len(fields) == width + 1 and not fields[-1]:
        return f" (the line ends with {form.separator!r}, the header does not)"
    return ""
