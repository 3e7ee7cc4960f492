"""README explains every state, condition and reason, in the words that stand beside them in the code."""

import re

from support.status_words import in_readme, table, words


def test_readmes_table_is_made_from_the_enums() -> None:
    assert in_readme() == table(), "run `python tests/support/status_words.py`"


def test_every_word_has_its_line() -> None:
    assert re.findall(r"^\| \w+ \| `(\w+)` \|", table(), re.MULTILINE) == words()
