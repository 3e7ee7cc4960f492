"""Which encoding is found in text that does not name it."""

from pathlib import Path

import pytest
from churn_models.feature_schema import CsvForm
from churn_models.tables.text_form import find_form

_TEXT = "plan,months\nFamilie Süd,12\nСемейный,7\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(_TEXT.encode("utf-16-le"), "utf-16-le", id="UTF-16 without its mark"),
        pytest.param(_TEXT.encode("utf-16-be"), "utf-16-be", id="big-endian"),
        pytest.param((_TEXT + "a\0b,1\n").encode(), "utf-8", id="a NUL in a cell"),
        pytest.param((_TEXT + "a\0\0\0\0\0\0\0\0\0\0,1\n" * 9).encode(), "utf-8", id="cells filled up with NUL"),
    ],
)
def test_the_encoding_that_is_found(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = tmp_path / "members.csv"
    path.write_bytes(content)
    assert find_form(path, CsvForm()).encoding == encoding
