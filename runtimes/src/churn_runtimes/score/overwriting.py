"""Whether scores would take the place of what they are made from; asked before anything is written."""

from collections.abc import Collection
from pathlib import Path

from churn_models.errors import DataUnreadable
from churn_models.tables.file_pattern import is_pattern, would_match
from churn_models.tables.open_source import shown
from churn_models.tables.postgresql import same_table
from churn_models.tables.postgresql_url import PostgresqlTable


def refuse_overwriting(source: str, files: Collection[Path], destination: str) -> None:
    """`files` are all that `source` is read from. Raises DataUnreadable."""
    if PostgresqlTable.is_url(destination):
        if PostgresqlTable.is_url(source) and same_table(*map(PostgresqlTable.from_url, (source, destination))):
            raise _own_scores(destination)
        return
    path = Path(destination)
    if path.resolve() in {file.resolve() for file in files}:
        raise _own_scores(str(path))
    if is_pattern(source) and would_match(source, path):
        raise DataUnreadable(
            f"{path} would be one of the files {shown(source)}, and the next scores would be made from these; "
            "name another place for them"
        )


def _own_scores(place: str) -> DataUnreadable:
    return DataUnreadable(f"{shown(place)} would be replaced by its own scores; name another place for them")
