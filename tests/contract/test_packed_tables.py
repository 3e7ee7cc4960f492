"""A table that another server gives: it scores as its bundle does, and other bytes have a named error."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.errors import ChurnModelsError, GoldenMismatch
from churn_models.feature_schema import FeatureSchema
from churn_models.scoring.scorer import load_scorer
from churn_runtimes.candidate.errors import SchemaDiffers, TableInvalid
from churn_runtimes.candidate.packed_table import PackedTable, checked_table
from churn_runtimes.evaluator.gate_rows import random_rows
from support.tables import Opened, change, packed


@pytest.fixture(scope="module")
def table(bundle: Bundle) -> PackedTable:
    return packed(bundle, "7")


def test_it_scores_as_the_stock_libraries(table: PackedTable, bundle: Bundle) -> None:
    read = checked_table(table.content, "7", bundle.schema())
    rows = random_rows(np.random.default_rng(5), bundle.schema(), 2_000)
    ours, stock = read.evaluator.score(rows), load_scorer(bundle).score(rows)
    np.testing.assert_allclose(ours.ensemble, stock.ensemble, rtol=0, atol=1e-6)
    assert list(ours.members) == list(stock.members)
    for name, scores in stock.members.items():
        np.testing.assert_allclose(ours.members[name], scores, rtol=0, atol=1e-6)
    assert (read.digest, read.outputs.names) == (bundle.digest, table.outputs.names)


def test_every_server_makes_the_same_file(table: PackedTable, bundle: Bundle) -> None:
    again = packed(bundle, "another version")
    assert (again.sha256, again.content) == (table.sha256, table.content)
    assert checked_table(table.content, "7", bundle.schema()).sha256 == table.sha256


def _edit(how: Callable[[Opened], object]) -> Callable[[bytes], bytes]:
    return lambda content: change(content, how)


def _set(array: str, field: str, value: int) -> Callable[[Opened], None]:
    def change_all(opened: Opened) -> None:
        opened.arrays[array][field] = value

    return change_all


def _replace_header(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def replace(content: bytes) -> bytes:
        (size,) = struct.unpack_from("<I", content, 12)
        header = content[16 : 16 + size].replace(old, new, 1)
        assert header != content[16 : 16 + size]
        return content[:12] + struct.pack("<I", len(header)) + header + content[16 + size :]

    return replace


def _golden(opened: Opened) -> None:
    opened.header["golden"][3]["score"] += 2e-6


def _golden_of_nobody(opened: Opened) -> None:
    opened.header["golden"][0]["row"] = {"nobody": 1.0}


def _golden_words(opened: Opened) -> None:
    opened.header["golden"][0]["row"]["tenure"] = "long"


def _nan(opened: Opened) -> None:
    opened.arrays["leaves"][:] = np.nan


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], type[ChurnModelsError]]] = {
    "nothing": (lambda content: b"", TableInvalid),
    "a page": (lambda content: b"<html>please log in</html>", TableInvalid),
    "a pickle": (lambda content: b"\x80\x04cos\nsystem\n", TableInvalid),
    "cut in its length": (lambda content: content[:14], TableInvalid),
    "cut in its header": (lambda content: content[:200], TableInvalid),
    "cut in its arrays": (lambda content: content[:-8], TableInvalid),
    "bytes behind it": (lambda content: content + b"\0" * 8, TableInvalid),
    "a header of 4 GiB": (lambda content: content[:12] + b"\xff" * 4 + content[16:], TableInvalid),
    "no JSON": (_replace_header(b'{"format', b"{'format"), TableInvalid),
    "a newer format": (_replace_header(b'"format_version":1', b'"format_version":3'), TableInvalid),
    "a format with steps": (_replace_header(b'"format_version":1', b'"format_version":2'), TableInvalid),
    "an unknown field": (_replace_header(b'{"format', b'{"code":"import os","format'), TableInvalid),
    "an unknown rule": (_replace_header(b'"combine":"mean"', b'"combine":"magic"'), TableInvalid),
    "a negative length": (_replace_header(b'"lengths":[', b'"lengths":[-1,'), TableInvalid),
    "lengths beyond the file": (_replace_header(b'"lengths":[', b'"lengths":[99999999999'), TableInvalid),
    "a NaN for a weight": (_replace_header(b'"weights":[1.0', b'"weights":[NaN'), TableInvalid),
    "a child outside its tree": (_edit(_set("nodes", "offset", 0xFFFF)), TableInvalid),
    "a column of no feature": (_edit(_set("columns", "feature", 500)), TableInvalid),
    "trees outside the nodes": (_edit(_set("trees", "root", 0xFFFFFFF0)), TableInvalid),
    "members of an unknown kind": (_edit(_set("members", "kind", 9)), TableInvalid),
    "members of trees that are none": (_edit(_set("members", "first", 0xFFFFFFFF)), TableInvalid),
    "members that share their trees": (_edit(_set("members", "count", 30)), TableInvalid),
    "terms of no feature": (_edit(_set("terms", "feature", 500)), TableInvalid),
    "no leaves": (_edit(lambda opened: opened.arrays.update(leaves=np.zeros(0))), TableInvalid),
    "golden rows of another model": (_edit(_golden), GoldenMismatch),
    "leaves that are NaN": (_edit(_nan), GoldenMismatch),
    "golden rows of other features": (_edit(_golden_of_nobody), ChurnModelsError),
    "golden rows that are no numbers": (_edit(_golden_words), ChurnModelsError),
}


@pytest.mark.parametrize(("spoil", "error"), HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_table(
    spoil: Callable[[bytes], bytes], error: type[ChurnModelsError], table: PackedTable, bundle: Bundle
) -> None:
    with pytest.raises(error):
        checked_table(spoil(table.content), "7", bundle.schema())


@pytest.fixture(scope="module")
def derived_table(derived_bundle: Bundle) -> PackedTable:
    return packed(derived_bundle, "8")


def test_one_with_derived_features_is_read_where_there_are_none(
    derived_table: PackedTable, derived_bundle: Bundle, table: PackedTable, bundle: Bundle
) -> None:
    read = checked_table(derived_table.content, "8", bundle.schema())
    rows = random_rows(np.random.default_rng(5), bundle.schema(), 500)
    stock = load_scorer(derived_bundle).score(rows)
    np.testing.assert_array_equal(read.evaluator.score(rows).ensemble, derived_table.evaluator.score(rows).ensemble)
    np.testing.assert_allclose(read.evaluator.score(rows).ensemble, stock.ensemble, rtol=0, atol=1e-6)
    # And the other way round, as after a promotion.
    back = checked_table(table.content, "7", derived_bundle.schema())
    np.testing.assert_array_equal(back.evaluator.score(rows).ensemble, table.evaluator.score(rows).ensemble)


HOSTILE_STEPS: dict[str, Callable[[bytes], bytes]] = {
    "a format without steps": _replace_header(b'"format_version":2', b'"format_version":1'),
    "an unknown operation": _edit(_set("steps", "operation", 9)),
    "a target behind the others": _edit(_set("steps", "target", 5_000)),
    "a column behind it": _edit(_set("steps", "first", 5_000)),
    "values that are shared": _edit(_set("steps", "begin", 0)),
    "no values": _edit(lambda opened: opened.arrays.update(step_values=np.zeros(0, dtype=np.float32))),
    "no steps, whose columns members still ask for": _edit(
        lambda opened: opened.arrays.update(steps=opened.arrays["steps"][:0])
    ),
}


@pytest.mark.parametrize("spoil", HOSTILE_STEPS.values(), ids=list(HOSTILE_STEPS))
def test_hostile_steps(spoil: Callable[[bytes], bytes], derived_table: PackedTable, bundle: Bundle) -> None:
    with pytest.raises(TableInvalid):
        checked_table(spoil(derived_table.content), "8", bundle.schema())


def test_a_table_of_another_schema(table: PackedTable, bundle: Bundle) -> None:
    schema = bundle.schema()
    wider = schema.model_copy(update={"missing": (*schema.missing, "-999")})
    with pytest.raises(SchemaDiffers):
        checked_table(table.content, "7", FeatureSchema.model_validate(wider.model_dump()))


def test_random_faults_have_a_named_error_or_score_as_before(table: PackedTable, bundle: Bundle) -> None:
    rng = np.random.default_rng(11)
    schema, rows = bundle.schema(), random_rows(np.random.default_rng(6), bundle.schema(), 70)
    refused = 0
    for _ in range(300):
        content = bytearray(table.content)
        for at in rng.integers(0, len(content), int(rng.integers(1, 4))):
            content[at] = int(rng.integers(0, 256))
        try:
            found = checked_table(bytes(content), "7", schema)
        except ChurnModelsError:
            refused += 1
        else:
            # A number that no golden row reaches: wrong scores are what pairs and breaker are for.
            assert found.evaluator.score(rows).ensemble.shape == (70,)
    assert refused > 30
