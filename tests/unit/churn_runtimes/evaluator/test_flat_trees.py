"""The compiled half refuses what it cannot walk safely: corrupt tables and arrays of another type or shape."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import pytest
from churn_models.combine import CombineRule
from churn_runtimes.evaluator.compiled import Join, Table, compile_table
from churn_runtimes.evaluator.node_table import NodeTable, join_tables, member_table
from churn_runtimes.evaluator.pack_lightgbm import pack_lightgbm
from churn_runtimes.evaluator.packed_member import LinearMember, LinearTerm
from support.flat import training_matrix, tricky_rows

FEATURES = 4
Corrupt = Callable[[NodeTable], NodeTable]


@pytest.fixture(scope="module")
def table() -> NodeTable:
    """Trees with number and set splits, and a linear member."""
    matrix, target = training_matrix()
    data = lightgbm.Dataset(matrix, target, categorical_feature=[2, 3], params={"verbose": -1})
    parameters = {"objective": "binary", "verbose": -1, "min_data_per_group": 2, "min_data_in_leaf": 3}
    booster = lightgbm.train(parameters, data, num_boost_round=20)
    terms = (LinearTerm(0, 0.5), LinearTerm(2, 0.1, code_weights=(0.2, 0.3)))
    return join_tables([member_table(pack_lightgbm(booster)), member_table(LinearMember(terms, -0.5))])


@pytest.fixture
def rows() -> Any:
    return tricky_rows(training_matrix()[0], 100)


def _with(array: str, field: str | None, place: int, value: float) -> Corrupt:
    """One value of the table changed; `place` counts from the end where it is negative."""

    def corrupt(table: NodeTable) -> NodeTable:
        changed = getattr(table, array).copy()
        (changed[field] if field else changed)[place] = value
        return replace(table, **{array: changed})

    return corrupt


def _first(table: NodeTable, *, leaf: bool) -> int:
    return int(np.flatnonzero((table.nodes["offset"] == 0) == leaf)[0])


def _at_first(field: str, value: float, *, leaf: bool) -> Corrupt:
    return lambda table: _with("nodes", field, _first(table, leaf=leaf), value)(table)


def _shorter(array: str) -> Corrupt:
    return lambda table: replace(table, **{array: getattr(table, array)[:-1]})


@pytest.mark.parametrize(
    ("corrupt", "message"),
    [
        pytest.param(_at_first("offset", 60000, leaf=False), "outside its tree", id="a child behind its tree"),
        pytest.param(_at_first("column", 60000, leaf=False), "column that is none", id="an unknown column"),
        pytest.param(_at_first("column", 0, leaf=False), "column that is none", id="the leaves' column"),
        pytest.param(_at_first("column", 1, leaf=True), "leaf without a value", id="a leaf with a column"),
        pytest.param(_at_first("threshold", 1 << 31, leaf=True), "leaf without a value", id="a leaf beyond all values"),
        pytest.param(_with("trees", "root", 3, 1 << 31), "outside the nodes", id="a tree behind all nodes"),
        pytest.param(_with("trees", "nodes", -1, 1 << 31), "outside the nodes", id="a tree longer than the nodes"),
        pytest.param(_with("trees", "nodes", 0, 0), "outside the nodes", id="a tree of no nodes"),
        pytest.param(_with("columns", "feature", 0, FEATURES), "feature that is none", id="an unknown feature"),
        pytest.param(_with("sets", "words", -1, 99), "outside its words", id="a set too long"),
        pytest.param(_with("terms", "feature", 0, FEATURES), "a term", id="a term of an unknown feature"),
        pytest.param(_with("terms", "codes", 1, 3), "a term", id="a term of more codes than weights"),
        pytest.param(_with("members", "kind", 0, 9), "a member", id="a member of an unknown kind"),
        pytest.param(_with("members", "count", 0, 21), "a member", id="a member of more trees than there are"),
        pytest.param(_with("members", "count", 1, 3), "a member", id="a member of more terms than there are"),
        pytest.param(_shorter("sets"), "set that is none", id="an unknown set"),
        pytest.param(lambda table: replace(table, leaves=np.zeros(0)), "leaf value", id="no leaf values"),
        pytest.param(
            lambda table: replace(table, nodes=np.zeros(9, dtype=np.uint8)), "item size", id="nodes of another size"
        ),
    ],
)
def test_a_corrupt_table_is_refused(table: NodeTable, corrupt: Corrupt, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compile_table(corrupt(table), FEATURES)


def test_a_table_with_random_bytes_is_refused_or_walked_safely(table: NodeTable, rows: Any) -> None:
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(400):
        array = rng.choice(["nodes", "trees", "columns", "sets", "members", "terms"])
        content = getattr(table, array).copy()
        content.view(np.uint8)[rng.integers(0, content.nbytes, 3)] = rng.integers(0, 256, 3)
        try:
            compile_table(replace(table, **{array: content}), FEATURES).score_members(rows)
        except ValueError:
            refused += 1
    assert 100 < refused < 400


def test_every_tree_begins_at_a_cache_line(table: NodeTable) -> None:
    together = join_tables([table, table])
    assert not (together.trees["root"] * table.nodes.itemsize % 64).any()


@pytest.mark.parametrize("weights", [[1.0], [1.0, 2.0, 3.0]])
def test_another_number_of_weights_is_refused(table: NodeTable, weights: list[float]) -> None:
    with pytest.raises(ValueError, match="one weight per member"):
        compile_table(table, FEATURES, Join(CombineRule.MEAN, weights, 0.0))


@pytest.fixture(scope="module")
def compiled(table: NodeTable) -> Table:
    return compile_table(table, FEATURES, Join(CombineRule.WEIGHTED, [1.0, 2.0], 0.0))


MATRIX = np.zeros((8, FEATURES), np.float32)


@pytest.mark.parametrize("call", ["evaluate", "score_members"])
@pytest.mark.parametrize(
    ("matrix", "error"),
    [
        pytest.param(MATRIX.astype(np.float64), TypeError, id="double precision"),
        pytest.param(MATRIX.astype(np.int32), TypeError, id="integers"),
        pytest.param(MATRIX.astype(">f4"), TypeError, id="the other byte order"),
        pytest.param(MATRIX.tolist(), TypeError, id="a list"),
        pytest.param(MATRIX[:, :3].copy(), ValueError, id="a feature less"),
        pytest.param(MATRIX[0], ValueError, id="one dimension"),
        pytest.param(np.asfortranarray(MATRIX), ValueError, id="columns first"),
        pytest.param(MATRIX[::2], ValueError, id="every second row"),
        pytest.param(np.zeros(129, np.uint8)[1:].view(np.float32).reshape(8, 4), ValueError, id="not aligned"),
    ],
)
def test_other_arrays_are_refused(compiled: Table, call: str, matrix: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="expected"):
        getattr(compiled, call)(matrix)


def test_an_ensemble_without_a_rule_is_refused(table: NodeTable) -> None:
    with pytest.raises(ValueError, match="no combine rule"):
        compile_table(table, FEATURES).evaluate(MATRIX)


@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 17, 21, 22, 31, 32, 33, 53, 54, 63, 64, 65, 127, 128, 129, 300])
def test_any_number_of_rows_scores_as_one_row_does(compiled: Table, rows: Any, count: int) -> None:
    matrix = np.resize(rows, (count, FEATURES))
    ensemble, scores = compiled.evaluate(matrix)
    assert (ensemble.shape, scores.shape) == ((count,), (count, 2))
    np.testing.assert_array_equal(scores, compiled.score_members(matrix))
    for row in range(count):
        joined, alone = compiled.evaluate(matrix[row : row + 1])
        np.testing.assert_array_equal(scores[row], alone[0])
        assert ensemble[row] == joined[0]


def test_nothing_is_kept_of_a_call(compiled: Table) -> None:
    matrix = MATRIX.copy()
    compiled.evaluate(matrix)
    with pytest.raises(ValueError, match="expected"):
        compiled.evaluate(matrix[0])
    matrix.resize((4, FEATURES), refcheck=True)


def _explanation(table: NodeTable, **changed: Any) -> tuple[Any, ...]:
    """What `explain_member` takes behind the rows: rules of one group and of two, by tree in turns."""
    usual = {
        "member": 0,
        "shares": np.full(len(table.nodes), 0.5),
        "groups": np.arange(20, dtype=np.uint8) % 2 + 1,
        "points": np.full(12, 0.5),
        "weights": np.ones(12),
    }
    return tuple((usual | changed).values())


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"member": 1}, id="a linear member"),
        pytest.param({"member": 2}, id="no member"),
        pytest.param({"member": -1}, id="a member before the first"),
        pytest.param({"shares": np.ones(7)}, id="too few shares"),
        pytest.param({"groups": np.ones(19, np.uint8)}, id="a rule less than trees"),
        pytest.param({"groups": np.zeros(20, np.uint8)}, id="a rule of no points"),
        pytest.param({"groups": np.full(20, 3, np.uint8)}, id="a rule that is not there"),
        pytest.param({"points": np.ones(10), "weights": np.ones(10)}, id="no whole rule"),
        pytest.param({"points": np.ones(0), "weights": np.ones(0)}, id="no points"),
        pytest.param({"weights": np.ones(8)}, id="fewer weights than points"),
    ],
)
def test_an_explanation_that_does_not_fit_is_refused(table: NodeTable, rows: Any, changed: dict[str, Any]) -> None:
    compiled = compile_table(table, FEATURES)
    compiled.explain_member(rows, *_explanation(table))
    with pytest.raises(ValueError, match=r"expected|no such member"):
        compiled.explain_member(rows, *_explanation(table, **changed))


@pytest.mark.parametrize("name", ["shares", "groups", "points", "weights"])
def test_numbers_of_another_type_are_refused(table: NodeTable, rows: Any, name: str) -> None:
    compiled = compile_table(table, FEATURES)
    with pytest.raises(TypeError, match="expected"):
        compiled.explain_member(rows, *_explanation(table, **{name: np.ones(20, np.float32)}))
