"""README's table of every word that the status may hold, made from the comments beside the enums.

`python tests/support/status_words.py` writes it into README.md.
"""

import inspect
import re
from enum import StrEnum
from pathlib import Path

from churn_operator.api.status import ConditionType, Reason, State

README = Path(__file__).parents[2] / "README.md"
_BEGIN, _END = "<!-- words of the status: made by tests/support/status_words.py -->", "<!-- end of the words -->"
_MEMBER = re.compile(r'^    [A-Z_]+ = "(\w+)"  # (.+)$', re.MULTILINE)
_KINDS: tuple[tuple[str, type[StrEnum]], ...] = (("state", State), ("condition", ConditionType), ("reason", Reason))


def table() -> str:
    """In Markdown, with the markers around it."""
    rows = [
        f"| {kind} | `{word}` | {meaning} |"
        for kind, words in _KINDS
        for word, meaning in _MEMBER.findall(inspect.getsource(words))
    ]
    return "\n".join([_BEGIN, "", "| | word | what it means |", "|---|---|---|", *rows, "", _END])


def words() -> list[str]:
    """Every word of the enums, in order."""
    return [word.value for _, kind in _KINDS for word in kind]


def in_readme() -> str:
    """What README.md has between the markers, and they."""
    text = README.read_text(encoding="utf-8")
    return text[text.index(_BEGIN) : text.index(_END) + len(_END)]


if __name__ == "__main__":
    README.write_text(README.read_text(encoding="utf-8").replace(in_readme(), table()), encoding="utf-8")
