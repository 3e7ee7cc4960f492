"""The same members in every form that people have them: the same table, or a refusal that says what was found."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from churn_models.errors import DataInvalid, DataUnreadable
from churn_training.dataset_digest import dataset_digest
from churn_training.load import load
from churn_training.validate import validate
from support.small_table import members, small_schema

Frame = pd.DataFrame
case = pytest.mark.case
IDENTITY = UUID("8f14e45f-ceea-467f-9b1c-c3f2a1e0d9b7")


def _csv(frame: Frame, **form: Any) -> str:
    return str(frame.to_csv(index=False, **form))


def _semicolons(frame: Frame) -> bytes:
    european = frame.assign(fee=frame["fee"].str.replace(".", ","))
    return _csv(european, sep=";", lineterminator="\r\n").encode("utf-8-sig")


def _quoted_lines(frame: Frame) -> bytes:
    noted = frame.assign(note='first\nsecond, "third"').reset_index()
    return ("\ufeff" + _csv(noted, lineterminator="\r\n").replace("index", "", 1)).encode()


def _with_words_for_true(frame: Frame, false: str, true: str) -> Frame:
    return frame.assign(autopay=frame["autopay"].map({"False": false, "True": true}))


def _spreadsheet(frame: Frame) -> Frame:
    names = {"plan": "Plan", "autopay": " autopay ", "months": "  Months", "fee": "FEE", "left": "Left"}
    return frame.assign(autopay=frame["autopay"].str.upper()).rename(columns=names)


FORMS = [
    pytest.param("a.csv", lambda f: _csv(f).encode(), id="the usual"),
    pytest.param("a.csv", _semicolons, id="semicolons", marks=case("01-semicolon-export")),
    pytest.param("a.csv", lambda f: _csv(f, sep="\t").encode(), id="tabs"),
    pytest.param("a.csv", lambda f: _csv(f, sep="|").encode("utf-16"), id="bars in UTF-16"),
    pytest.param(
        "a.csv",
        lambda f: _csv(_spreadsheet(f)).encode(),
        id="names",
        marks=case("02-header-blanks-and-case"),
    ),
    pytest.param("a.csv", lambda f: _csv(f).encode("latin-1"), id="Latin-1", marks=case("04-text-encodings")),
    pytest.param("a.csv", lambda f: _csv(f).encode("utf-16"), id="UTF-16", marks=case("04-text-encodings")),
    pytest.param("a.csv", lambda f: _csv(f).encode("utf-16-le"), id="UTF-16 without its mark"),
    pytest.param("A.CSV", lambda f: _csv(f).encode(), id="capitals", marks=case("32-other-forms-of-file")),
    pytest.param(
        "a.csv.gz",
        lambda f: gzip.compress(_csv(f).encode()),
        id="packed",
        marks=case("32-other-forms-of-file"),
    ),
    pytest.param("a.tsv", lambda f: _csv(f, sep="\t").encode(), id="tsv", marks=case("32-other-forms-of-file")),
    pytest.param("a.csv", _quoted_lines, id="quoted lines", marks=case("33-bom-crlf-quoted-newlines")),
    *[
        pytest.param(
            "a.csv",
            lambda f, marker=marker: _csv(f.replace("", marker)).encode(),
            id=f"gaps are {marker}",
            marks=case("07-missing-markers"),
        )
        for marker in ("NA", "N/A", "null", "None", "nan", "?", "-", r"\N")
    ],
    pytest.param(
        "a.csv",
        lambda f: _csv(f.assign(branch=f["branch"] + ".0")).encode(),
        id="1.0 for 1",
        marks=case("09-flag-with-a-gap-is-1.0"),
    ),
    *[
        pytest.param(
            "a.csv",
            lambda f, words=words: _csv(
                f.assign(autopay=f["autopay"].map({"False": words[0], "True": words[1]}))
            ).encode(),
            id=f"{words[1]} for True",
            marks=case("11-booleans-by-source"),
        )
        for words in (("false", "true"), ("FALSE", "TRUE"), ("f", "t"), ("0", "1"), ("0.0", "1.0"))
    ],
]


@pytest.mark.parametrize(("name", "write"), FORMS)
def test_every_form_of_a_file_is_the_same_table(name: str, write: Callable[[Frame], bytes], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(write(members()))
    _check_same(validate(small_schema(), load(str(tmp_path / name))))


@case("08-parquet-nullable-types")
@case("11-booleans-by-source")
@pytest.mark.parametrize(
    "types",
    [
        pytest.param({"months": "Int64", "fee": "float64", "autopay": "boolean", "plan": "string"}, id="nullable"),
        pytest.param({"months": "float64", "branch": "int64", "plan": "category", "autopay": "bool"}, id="numpy's"),
        pytest.param({"months": "object", "branch": "float64"}, id="a column of numbers and gaps"),
    ],
)
@pytest.mark.parametrize("by_file", [True, False], ids=["Parquet", "a frame"])
def test_typed_columns_are_the_same_table(types: dict[str, str], by_file: bool, tmp_path: Path) -> None:
    frame = members().replace("", None)
    frame["autopay"] = frame["autopay"] == "True"
    frame["months"] = pd.to_numeric(frame["months"])
    frame[["fee", "branch"]] = frame[["fee", "branch"]].astype(float)
    frame = frame.astype(types)
    if by_file:
        frame.to_parquet(tmp_path / "a.parquet")
        frame = load(str(tmp_path / "a.parquet"))
    _check_same(validate(small_schema(), frame))


def _check_same(table: Frame) -> None:
    expected = validate(small_schema(), members())
    pd.testing.assert_frame_equal(table, expected)
    assert dataset_digest(table) == dataset_digest(expected)


REFUSED_LINES = [
    pytest.param("a,b\n1,2,\n3,4,\n", "line 2 has 3 fields, the header 2 (the line ends with ','"),
    pytest.param("a,b\n1,2\n3\n", "line 3 has 1 field, the header 2"),
    pytest.param('a,b\n"x\ny",2\n3,4,5\n', "line 4 has 3 fields, the header 2"),
    pytest.param('a,b\n1,2\n"3,4\n5,6\n', "a quotation mark opened after line 2 is not closed"),
    pytest.param('a,b\n1,"2\n3,4\n', "a quotation mark opened after line 1 is not closed"),
    pytest.param('a,b\n1,"2\n3,4\n5,"6\n', "a quotation mark opened after line 1 is not closed"),
    pytest.param("a,a\n1,2\n", "the header names a column twice: a"),
    pytest.param("", "is empty"),
    pytest.param("\n\n", "is empty"),
]


@case("12-delimiter-at-line-end")
@pytest.mark.parametrize(("text", "message"), REFUSED_LINES)
def test_malformed_lines_are_refused_with_their_number(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataUnreadable) as refused:
        load(str(tmp_path / "a.csv"))
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            lambda f: f.assign(months=f["months"].mask(f.index == 5, "long")),
            "months: not a number in 1 row (such as 'long'; line 7 (member 0005))",
            id="a word",
            marks=case("05-check-crashes-in-report"),
        ),
        pytest.param(
            lambda f: f.assign(fee=f["fee"].mask(f.index % 2 == 1, "NA")),
            "fee: a value is missing in 50 rows "
            "(such as 'NA'; line 3 (member 0001), line 5 (member 0003), line 7 (member 0005) …)",
            id="gaps where there may be none",
        ),
        pytest.param(
            lambda f: f.rename(columns={"months": "month"}),
            "months: the column is missing; there is 'month'",
            id="another name",
            marks=case("02-header-blanks-and-case"),
        ),
        pytest.param(
            lambda f: f.rename(columns={"months": "x"}),
            "its columns are 'member', 'plan', 'autopay', 'branch', 'x', 'fee', 'left' "
            "(a.csv, read as utf-8 with fields separated by comma)",
            id="what was found",
            marks=case("01-semicolon-export"),
        ),
    ],
)
def test_refusals_say_what_was_found_and_where(change: Callable[[Frame], Frame], message: str, tmp_path: Path) -> None:
    change(members()).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(DataInvalid) as refused:
        validate(small_schema(), load(str(tmp_path / "a.csv")))
    assert message in str(refused.value)
    assert "Error" not in str(refused.value)


def test_a_number_with_a_point_in_a_file_with_decimal_commas_is_refused(tmp_path: Path) -> None:
    frame = members(2000)
    frame["fee"] = frame["fee"].str.replace(".", ",").mask(frame.index == 1990, "1.234")
    frame.to_csv(tmp_path / "a.csv", index=False, sep=";")
    with pytest.raises(DataInvalid, match=r"fee: not a number in 1 row \(such as '1\.234'; line 1992"):
        validate(small_schema(), load(str(tmp_path / "a.csv")))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_thousand_with_its_comma_is_no_decimal(separator: str, tmp_path: Path) -> None:
    members().assign(fee="1,234").to_csv(tmp_path / "a.csv", index=False, sep=separator)
    with pytest.raises(DataInvalid, match=r"fee: not a number in 100 rows \(such as '1,234'"):
        validate(small_schema(), load(str(tmp_path / "a.csv")))
    schema = small_schema(csv={"decimal": ","})
    assert set(validate(schema, load(str(tmp_path / "a.csv"), schema.csv))["fee"]) == {1.234}


def test_blank_lines_before_the_header_hide_no_separator(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n\na;b\n1;2\n")
    assert list(load(str(tmp_path / "a.csv")).columns) == ["a", "b"]


def test_what_parquet_may_hold_beside_a_table(tmp_path: Path) -> None:
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["fee", "fee"]), tmp_path / "twice.parquet")
    with pytest.raises(DataUnreadable, match="two columns of one name: fee"):
        load(str(tmp_path / "twice.parquet"))
    pq.write_table(pa.table({"calls": [[1, 2], None], "home": [{"city": "Ulm"}] * 2}), tmp_path / "nested.parquet")
    assert load(str(tmp_path / "nested.parquet"))["calls"].to_list() == ["[1, 2]", pd.NA]
    assert load(str(tmp_path / "nested.parquet"))["home"].to_list() == ["{'city': 'Ulm'}"] * 2


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        pytest.param([IDENTITY.bytes, None], [str(IDENTITY), pd.NA], id="UUIDs"),
        pytest.param([b"yes", "Köln".encode()], ["yes", "Köln"], id="words"),
        pytest.param([b"\xff\x00", b"yes"], ["ff00", "yes"], id="other bytes"),
    ],
)
def test_bytes_of_parquet_are_text(cells: list[bytes | None], texts: list[str], tmp_path: Path) -> None:
    pq.write_table(pa.table({"cells": pa.array(cells, pa.binary())}), tmp_path / "a.parquet")
    assert load(str(tmp_path / "a.parquet"))["cells"].to_list() == texts


@pytest.mark.parametrize("kind", [pa.binary(16), pa.uuid()], ids=["of 16 bytes", "of their own type"])
def test_uuids_of_parquet_are_those_of_postgresql(kind: pa.DataType, tmp_path: Path) -> None:
    pq.write_table(pa.table({"member": pa.array([IDENTITY.bytes], kind)}), tmp_path / "a.parquet")
    assert load(str(tmp_path / "a.parquet"))["member"].to_list() == [str(IDENTITY)]


def test_the_form_may_be_named(tmp_path: Path) -> None:
    schema = small_schema(csv={"encoding": "mac-roman", "separator": ":", "decimal": ","})
    european = members().assign(fee=lambda frame: frame["fee"].str.replace(".", ","))
    (tmp_path / "a.csv").write_bytes(_csv(european, sep=":").encode("mac-roman"))
    _check_same(validate(schema, load(str(tmp_path / "a.csv"), schema.csv)))


def test_several_words_for_a_class_and_for_neither() -> None:
    target = {"name": "left", "positive": ["yes", "gone"], "negative": ["no", "kept"], "ignore": "new"}
    frame = members(120)
    frame.loc[:8, "left"] = frame.loc[:8, "left"].map({"yes": "gone", "no": "kept"})
    frame.loc[100:, "left"] = "new"
    table = validate(small_schema(target=target), frame)
    assert table["left"].value_counts().to_dict() == {"no": 75, "yes": 25}
