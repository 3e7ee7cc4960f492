"""The words that a column's name or a value is made of: `customerID` and `CUSTOMER_ID` speak of the same."""

import re
from collections.abc import Collection

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(text: str) -> tuple[str, ...]:
    """Its words in lower case: `Attrition_Flag` is attrition, flag."""
    return tuple(word.lower() for word in _WORD.findall(text))


def speaks_of(text: str, beginnings: Collection[str]) -> bool:
    """Whether one of its words begins so."""
    return any(word.startswith(tuple(beginnings)) for word in words_of(text))
