"""Mutated tables, given to the sanitized module: each is refused, or scored and explained without a report.

python -m fuzz.tables MODULE SECONDS SEED, called by `fuzz.__main__`.
"""

import importlib.machinery
import importlib.util
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FEATURES = 5
_ROWS = (0, 1, 3, 70)
_ODD = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3.4e38, -1.0, 31.0, 32.0, 64.0], dtype=np.float32)
_EDGES = (0, 1, 0x7FFE, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_NODE = np.dtype([("column", "<u2"), ("offset", "<u2"), ("threshold", "<u4")])
_STEP = np.dtype([(name, "<u4") for name in ("operation", "target", "first", "second", "begin", "length")])
_OPERATIONS, _BINS = 6, 3
"""Those from bins on read values."""
_MEMBER = np.dtype([("kind", "<u4", 4), ("rule", "<f8", 4)])

Arrays = dict[str, NDArray[Any]]


def load_table(path: Path) -> Any:
    """The type `Table` of this build."""
    loader = importlib.machinery.ExtensionFileLoader("_flat_trees", str(path))
    spec = importlib.util.spec_from_file_location("_flat_trees", path, loader=loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module.Table


def _tree(rng: np.random.Generator, depth: int, width: int) -> NDArray[np.void]:
    """A full tree in a line: the root, a node that nobody visits, then pair after pair."""
    inner = (1 << depth) - 1
    nodes = np.zeros(2 * (inner + 1), dtype=_NODE)
    place = [0, *range(2, 2 * inner + 2)]
    for number in range(inner):
        at = place[number]
        nodes["column"][at] = rng.integers(1, width + 1)
        nodes["offset"][at] = place[2 * number + 1] - at
        nodes["threshold"][at] = rng.integers(0, 2**32)
    for at in place[inner:]:
        nodes["threshold"][at] = rng.integers(0, 8)
    sets = nodes["offset"] > 0
    asks = sets & (rng.random(len(nodes)) < 0.2)
    nodes["column"][asks] |= 0x8000
    nodes["threshold"][asks] = rng.integers(0, 2, int(asks.sum()))
    return nodes


def _steps(rng: np.random.Generator, derived: int) -> NDArray[np.void]:
    """One or two for each derived column, which read columns before it and values of their own."""
    targets = np.repeat(_FEATURES + np.arange(derived), rng.integers(1, 3, derived))
    steps = np.zeros(len(targets), dtype=_STEP)
    steps["operation"], steps["target"] = rng.integers(0, _OPERATIONS, len(targets)), targets
    steps["first"], steps["second"] = rng.integers(0, targets), rng.integers(0, targets)
    steps["length"] = rng.integers(0, 4, len(targets)) * (steps["operation"] >= _BINS)
    steps["begin"] = np.cumsum(steps["length"]) - steps["length"]
    return steps


def valid_table(rng: np.random.Generator) -> Arrays:
    """Two members of trees and a linear one, some of whose columns are derived."""
    steps = _steps(rng, int(rng.integers(0, 4)))
    width = int(max(steps["target"], default=_FEATURES - 1)) + 1
    trees = [_tree(rng, int(rng.integers(0, 6)), width) for _ in range(int(rng.integers(1, 40)))]
    sizes = np.array([len(tree) for tree in trees], dtype=np.uint32)
    spans = np.column_stack([np.cumsum(sizes) - sizes, sizes, rng.integers(0, 7, len(trees))]).astype(np.uint32)
    columns = np.zeros((width, 4), dtype=np.float32)
    columns[:, 0] = np.arange(width, dtype=np.uint32).view(np.float32)
    columns[:, 1] = rng.choice([np.inf, -np.inf, 0.0], width)
    columns[:, 3] = rng.choice([-1.0, 1e-35], width)
    half = len(trees) // 2
    kinds = [(0, 1, 0, half), (1, 1, half, len(trees) - half), (2, 1, 0, 2)]
    members = np.zeros(3, dtype=_MEMBER)
    members["kind"], members["rule"] = kinds, [0.0, 1.0, 1.0, 0.0]
    terms = np.zeros(2, dtype=[("place", "<u4", 3), ("number", "<f4", 3), ("weight", "<f8")])
    terms["place"], terms["number"], terms["weight"] = [(0, 0, 0), (1, 3, 0)], [0.5, 0.1, 2.0], 0.3
    return {
        "columns": columns,
        "nodes": np.concatenate(trees),
        "trees": spans,
        "leaves": rng.normal(size=8),
        "sets": np.array([(0, 2), (2, 1)], dtype=np.uint32),
        "set_words": rng.integers(0, 2**32, 3, dtype=np.uint32),
        "terms": terms,
        "code_weights": rng.normal(size=3),
        "members": members,
        "steps": steps,
        "step_values": rng.normal(0, 3, int(steps["length"].sum())).astype(np.float32),
        "weights": np.ones(3),
    }


def mutated(rng: np.random.Generator, arrays: Arrays) -> Arrays:
    """A few words changed, or an array cut, doubled or emptied."""
    changed = {name: array.copy() for name, array in arrays.items()}
    for _ in range(int(rng.integers(0, 4))):
        name = str(rng.choice(list(changed)))
        content = bytearray(changed[name].tobytes())
        if len(content) >= 4 and rng.random() < 0.8:
            width = int(rng.choice([2, 4]))
            at = int(rng.integers(0, len(content) // width)) * width
            edge = int(rng.choice(_EDGES)) if rng.random() < 0.6 else int(rng.integers(0, 64))
            content[at : at + width] = (edge & ((1 << 8 * width) - 1)).to_bytes(width, "little")
        else:
            content = content * 2 if rng.random() < 0.3 else content[: int(rng.integers(0, len(content) + 1))]
        changed[name] = np.frombuffer(bytes(content), dtype=np.uint8)
    return changed


def _rows(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    rows = rng.normal(0, 3, (count, _FEATURES)).astype(np.float32)
    odd = rng.random(rows.shape) < 0.4
    rows[odd] = rng.choice(_ODD, int(odd.sum()))
    return rows


def use(rng: np.random.Generator, table: Any, arrays: Arrays) -> None:
    """Score and explain with it, sometimes from two threads beside each other."""
    matrices = [_rows(rng, count) for count in _ROWS]
    nodes = len(arrays["nodes"].tobytes()) // _NODE.itemsize
    shares = rng.choice(np.array([0.0, 0.3, 1.0, 7.5, np.nan, np.inf]), nodes)
    points = np.linspace(0.1, 0.9, 4 + 8)
    trees = np.frombuffer(arrays["members"].tobytes(), dtype=_MEMBER)["kind"][:, 3]
    least = 0 if rng.random() < 0.1 else 1
    groups = [rng.integers(least, 3, count, dtype=np.uint8) for count in (*trees, 1)]

    def work() -> None:
        for rows in matrices:
            table.evaluate(rows)
            together = table.score_members(rows)
            np.testing.assert_array_equal(table.score_members(rows[:1]), together[:1])
            for member, own in enumerate(groups):
                _or_refused(partial(table.explain_member, rows, member, shares, own, points, points))

    other = threading.Thread(target=work) if rng.random() < 0.1 else None
    if other:
        other.start()
    work()
    if other:
        other.join()


def _or_refused(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (ValueError, TypeError):
        return None


def main(path: Path, seconds: float, seed: int) -> None:
    """Until the time is over; prints how many were tried and accepted."""
    rng = np.random.default_rng(seed)
    table_type, tried, accepted = load_table(path), 0, 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        arrays = mutated(rng, valid_table(rng))
        rule = int(rng.integers(0, 5))
        table = _or_refused(partial(table_type, **arrays, features=_FEATURES, combine=rule, intercept=0.1))
        tried += 1
        if table is not None and rule:
            accepted += 1
            use(rng, table, arrays)
    print(f"{tried} tables tried, {accepted} accepted and used")
    if not 0 < accepted < tried:
        sys.exit("no table was accepted, or none was refused: nothing was tested")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
