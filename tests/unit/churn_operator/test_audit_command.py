"""`audit verify --file` without a cluster: what it says, and how it exits."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from churn_operator.audit.chain import Stamp, genesis, key_of, seal
from churn_operator.audit.entry import Deed, Entry, Kind
from churn_operator.audit.export import chains_of, to_lines
from churn_operator.cli import app
from churn_operator.names import audit_segment_name
from typer.testing import CliRunner

_SEGMENT = audit_segment_name("telco", "uid-1", 1)


def _exported() -> str:
    link, held = genesis("uid-1"), {}
    for message in ("the alias champion names it", "every pod serves it"):
        entry = Entry(Kind.DECISION, Deed.PROMOTED, "key", "1", message)
        text, link = seal(entry, Stamp("uid-1", 1, "churn-operator-0", "2026-11-23T12:00:00Z"), link)
        held[key_of(link.sequence)] = text
    return "\n".join(to_lines(chains_of({_SEGMENT: held}))) + "\n"


def _twice_as_long(exported: str) -> str:
    lines = exported.splitlines()
    return "\n".join([*lines, json.dumps({**json.loads(lines[0]), "key": "0000000003"})])


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        pytest.param(lambda text: text, 0, "uid-1: all 2 records in 1 segment(s) hold", id="as exported"),
        pytest.param(
            lambda text: text.replace("every pod", "no pod"),
            1,
            f"{_SEGMENT}: record 2: its content has the hash",
            id="edited",
        ),
        pytest.param(
            lambda text: text.partition("\n")[2], 1, f"{_SEGMENT}: record 1: its sequence is 2", id="the first is gone"
        ),
        pytest.param(_twice_as_long, 1, f"{_SEGMENT}: record 3: its sequence is 1", id="one is said again"),
        pytest.param(lambda text: text + "}", 2, "line 3 is none of an export", id="no JSON"),
        pytest.param(lambda text: "", 2, "holds no audit record", id="empty"),
    ],
)
def test_verify_of_a_file(change: Callable[[str], str], code: int, words: str, tmp_path: Path) -> None:
    file = tmp_path / "telco.jsonl"
    file.write_text(change(_exported()), encoding="utf-8")
    ended = CliRunner().invoke(app, ["audit", "verify", "--file", str(file)])
    assert (ended.exit_code, words in ended.output) == (code, True), ended.output


@pytest.mark.parametrize(
    "arguments", [[], ["telco"], ["--namespace", "churn"], ["telco", "-n", "churn", "--file", "x"]]
)
def test_verify_is_told_one_place(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["audit", "verify", *arguments]).exit_code == 2


def test_a_file_that_is_not_there_is_named() -> None:
    ended = CliRunner().invoke(app, ["audit", "verify", "--file", "nowhere.jsonl"])
    assert (ended.exit_code, "nowhere.jsonl" in ended.output) == (2, True)
