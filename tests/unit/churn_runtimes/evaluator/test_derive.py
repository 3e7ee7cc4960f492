"""The compiled half derives the same floats as `churn_models.derive`, and refuses a program that leaves its row."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from churn_models.derive import STEP, Operation, Program, program_of, with_means
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.evaluator.compiled import Table, compile_table
from churn_runtimes.evaluator.gate_rows import random_rows
from churn_runtimes.evaluator.node_table import NodeTable, join_tables, member_table
from churn_runtimes.evaluator.packed_member import LinearMember, LinearTerm
from support.derived_features import with_derived

ODD = np.array([np.nan, 0.0, -0.0, 1e-38, -1e-38, 1.0, -1.0, 2.0, 12.0, 1e-30, -1e30, 3e38, -3e38, 0.5], np.float32)


@pytest.fixture(scope="module")
def schema(telco_schema: FeatureSchema) -> FeatureSchema:
    schema = with_derived(telco_schema)
    return with_means(schema, random_rows(np.random.default_rng(0), schema, 500))


@pytest.fixture(scope="module")
def rows(schema: FeatureSchema) -> Matrix:
    rng = np.random.default_rng(1)
    rows = random_rows(rng, schema, 3_000)
    odd = rng.random(rows.shape) < 0.3
    rows[odd] = rng.choice(ODD, int(odd.sum()))
    return rows


def _value(place: int) -> NodeTable:
    """A member whose score is 1 for the value of one column and 0 for none."""
    return member_table(LinearMember((LinearTerm(place, 1.0, fill=np.nan),), 0.0))


def _shown(table: NodeTable, link: int) -> NodeTable:
    members = table.members.copy()
    members["link"] = link
    return replace(table, members=members)


def _table(schema: FeatureSchema, program: Program) -> Table:
    """Scores are the derived columns themselves: linear members without a link, of weight 1."""
    columns = range(len(schema.features), len(schema.scored_names))
    joined = join_tables([_shown(_value(place), 0) for place in columns], program)
    return compile_table(joined, len(schema.features))


@pytest.mark.parametrize("at_once", [1, 7, 33, 3_000])
def test_the_same_floats_bit_for_bit(schema: FeatureSchema, rows: Matrix, at_once: int) -> None:
    program = program_of(schema)
    table = _table(schema, program)
    pieces = [rows[first : first + at_once] for first in range(0, min(len(rows), 100 * at_once), at_once)]
    found = np.concatenate([table.score_members(np.ascontiguousarray(piece)) for piece in pieces])
    expected = program.derive(rows)[: len(found), len(schema.features) :]
    # Double holds every float, and the term's own arithmetic (less 0, by 1, times 1) changes none of them.
    np.testing.assert_array_equal(found.astype(np.float32), expected)
    assert np.isnan(expected).any() and (~np.isnan(expected)).all(axis=1).any()


Corrupt = Callable[[Program], Program]


def _with(field: str, place: int, value: int, program: Program) -> Program:
    steps = program.steps.copy()
    steps[field][place] = value
    return replace(program, steps=steps)


HOSTILE: dict[str, tuple[Corrupt, str]] = {
    "an unknown operation": (partial(_with, "operation", 0, 6), "unknown operation"),
    "a target among the features": (partial(_with, "target", 0, 3), "not in their order"),
    "a target left out": (partial(_with, "target", 1, 99), "not in their order"),
    "a column behind it": (partial(_with, "first", 0, 30), "a column behind it"),
    "itself": (partial(_with, "second", 0, 19), "a column behind it"),
    "values of another": (partial(_with, "begin", 3, 0), "not its own"),
    "values behind all": (partial(_with, "length", 3, 1 << 31), "not its own"),
    "no values at all": (lambda program: replace(program, values=program.values[:2]), "not its own"),
    "more columns than there may be": (lambda _: _many(2_000), "more derived features"),
}


def _many(columns: int) -> Program:
    steps = np.zeros(columns, dtype=STEP)
    steps["operation"], steps["target"] = Operation.LOG, 19 + np.arange(columns)
    return Program(steps)


@pytest.mark.parametrize(("corrupt", "message"), HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_program_is_refused(schema: FeatureSchema, corrupt: Corrupt, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _table(schema, corrupt(program_of(schema)))


def test_a_program_with_random_bytes_is_refused_or_runs_safely(schema: FeatureSchema, rows: Matrix) -> None:
    rng = np.random.default_rng(2)
    program, refused = program_of(schema), 0
    for _ in range(400):
        steps = program.steps.copy()
        steps.view(np.uint8)[rng.integers(0, steps.nbytes, 2)] = rng.integers(0, 8, 2)
        try:
            _table(schema, replace(program, steps=steps)).score_members(rows[:40])
        except ValueError:
            refused += 1
    assert 100 < refused < 400
