"""Which columns must not be features, and why: they know the target, or they tell nothing."""

from churn_training.init.guess_identity import names_somebody
from churn_training.init.name_words import speaks_of
from churn_training.init.profile import ColumnProfile

GIVES_AWAY = 0.98
"""The AUC above which a column by itself knows more than a customer's data can."""

_ENDINGS = ("churn", "attrit", "exit", "cancel", "left", "leav", "lapse", "closed", "terminat", "end", "deactivat")
_MOST_CATEGORIES = 200
_FEWEST_PER_CATEGORY = 5


def reason_to_leave_out(column: ColumnProfile, area: float) -> str | None:
    """Why the column is no feature; None when it is one. `area` is its AUC by itself, 0.5 where it is not known."""
    reasons = (_tells_nothing(column), _gives_away(area), _date(column), _name_of_a_row(column), _text(column))
    return next((reason for reason in reasons if reason), None)


def _tells_nothing(column: ColumnProfile) -> str | None:
    if column.distinct == 0:
        return "it is empty"
    if column.distinct == 1 and not column.missing:
        return f"it is the same in every row ({column.words[0][0]!r})"
    return None


def _gives_away(area: float) -> str | None:
    if area <= GIVES_AWAY:
        return None
    return (
        f"it gives the target away: alone it separates the classes with an AUC of {area:.3f}. "
        "Use it only if it is known before the customer leaves"
    )


def _date(column: ColumnProfile) -> str | None:
    if not column.dates:
        return None
    if speaks_of(column.name, _ENDINGS):
        return "a date of the end: it comes after the target"
    return "a date: trees need a number; add a column such as the days since then"


def _name_of_a_row(column: ColumnProfile) -> str | None:
    if column.unique and (column.numbers is None or column.numbers.whole):
        return "it differs in every row: it names the row and would be learned by heart"
    if names_somebody(column.name) and column.distinct > max(_MOST_CATEGORIES, column.rows / 20):
        return f"it names somebody or something, by {column.distinct} values: it would be learned by heart"
    return None


def _text(column: ColumnProfile) -> str | None:
    present = column.rows - column.missing
    few = column.distinct <= _MOST_CATEGORIES and column.distinct * _FEWEST_PER_CATEGORY <= present
    if few or column.numbers is not None:
        return None
    signs = [word for word, _ in column.words[:20] if _is_number_with_sign(word)]
    if len(signs) > 10:
        return f"numbers with signs, such as {signs[0]!r}: write them as plain numbers to use them"
    return f"text of {column.distinct} different values: too many to be categories"


def _is_number_with_sign(word: str) -> bool:
    return any(sign in word for sign in "$€£%,") and any(sign.isdigit() for sign in word)
