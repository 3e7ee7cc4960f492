"""Which column names the customer, and which time a row has: they are kept beside the features."""

from collections.abc import Collection
from dataclasses import dataclass

from churn_models.spelling import nearest_names

from churn_training.errors import NotDecided
from churn_training.init.name_words import words_of
from churn_training.init.profile import ColumnProfile, TableProfile

_IDENTITY_ENDS = ("id", "ids", "uuid", "guid", "key", "num", "number", "nr", "no", "msisdn", "phone", "email", "code")
_PERSON = ("customer", "client", "account", "user", "member", "subscriber", "person", "kunde")
_NO_IDENTITY = (
    "no column names the customer and differs in every row; which rows judge a model is decided by their content, "
    "so a customer whose row changes may be fitted later"
)
_OBSERVED = frozenset({"time", "timestamp", "snapshot", "observed", "observation", "asof", "period", "month", "week"})


@dataclass(frozen=True)
class ColumnGuess:
    """A column, or none, with the reason, and what a person should look at."""

    name: str | None
    reason: str
    doubts: tuple[str, ...] = ()


def guess_identity(profile: TableProfile, target: str, asked: str | None = None) -> ColumnGuess:
    """Take the column asked for, else the first that differs in every row and whose name says that it names somebody.

    Raises NotDecided for a column that is not there or does not differ in every row.
    """
    if asked is not None:
        column = find_column(profile, asked, "--identity")
        if not column.unique:
            raise NotDecided(f"{asked} has {column.distinct} values in {column.rows} rows; an identity differs in each")
        return ColumnGuess(asked, "--identity names it")
    unique = [column for column in profile.columns if column.unique and not column.dates and column.name != target]
    named = [column for column in unique if names_somebody(column.name)]
    for column in sorted(named, key=lambda column: not words_of(column.name)[0].startswith(_PERSON)):
        if column.numbers is None or column.numbers.whole:
            return ColumnGuess(column.name, "it differs in every row, and its name says so")
    return ColumnGuess(None, _NO_IDENTITY)


def guess_time(profile: TableProfile, taken: Collection[str], asked: str | None = None) -> ColumnGuess:
    """Take the column asked for, else the one of ISO dates without gaps whose name says when a row was seen.

    Raises NotDecided for a column that is not there.
    """
    if asked is not None:
        return ColumnGuess(find_column(profile, asked, "--time").name, "--time names it")
    dates = [column for column in profile.columns if column.dates and column.name not in taken]
    for column in dates:
        if not column.missing and column.distinct > 1 and _says_when(column.name):
            doubt = "say label_delay if the class of a row is known only later than its time"
            return ColumnGuess(column.name, "dates without gaps, and its name says when a row was seen", (doubt,))
    if dates:
        names = ", ".join(column.name for column in dates)
        return ColumnGuess(None, f"no name says when a row was seen; if one of {names} does, say --time")
    return ColumnGuess(None, "no column of dates")


def find_column(profile: TableProfile, name: str, option: str) -> ColumnProfile:
    """The column that an option names. Raises NotDecided."""
    if name not in profile.names:
        near = ", ".join(nearest_names(name, profile.names) or profile.names)
        raise NotDecided(f"{option} {name}: there is no such column; there is {near}")
    return profile.column(name)


def names_somebody(name: str) -> bool:
    """Whether the name says that the column tells customers or rows apart."""
    words = words_of(name)
    if not words:
        return False
    if len(words) == 1 and words[0] in _PERSON:
        return True
    last = words[-1]
    return last in _IDENTITY_ENDS or (words[0].startswith(_PERSON) and last.endswith(_IDENTITY_ENDS))


def _says_when(name: str) -> bool:
    words = words_of(name)
    return words == ("date",) or bool(_OBSERVED & set(words))
