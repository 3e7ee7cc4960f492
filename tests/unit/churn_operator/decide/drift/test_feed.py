"""Each fault of the feed is one of the feed, at once, and nothing else: what moves in the world is not."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from churn_models.encoding import Matrix
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.findings import FeedFault, JudgedWindow
from churn_operator.decide.gates.judgement import GateVerdict
from numpy.typing import NDArray
from support.drift_pods import Sidecar, Watch, World, world
from support.drift_rows import Rows, drift_reference, drift_rows, drift_schema

WORLD = world(numeric=6, categories=(2, 4, 12))
_FLAG, _WORD, _MANY = 6, 7, 8
"""Places of the categorical features in the schema."""

Change = Callable[[Matrix], None]


class Fault(NamedTuple):
    """What happens to the rows on their way."""

    change: Change
    found: FeedFault
    feature: str
    unseen: bool = False
    """The values that are taken away were no categories."""


def _set(place: int, value: float, share: float = 1.0) -> Change:
    def change(matrix: Matrix) -> None:
        matrix[: int(share * len(matrix)), place] = value

    return change


def _times(place: int, factor: float) -> Change:
    def change(matrix: Matrix) -> None:
        matrix[:, place] *= factor

    return change


def _exchange(place: int, first: int, second: int) -> Change:
    def change(matrix: Matrix) -> None:
        codes = matrix[:, place].copy()
        matrix[codes == first, place], matrix[codes == second, place] = second, first

    return change


FAULTS = {
    "dead": Fault(_set(0, np.nan), FeedFault.MISSING, "n0"),
    "a tenth is missing": Fault(_set(0, np.nan, 0.1), FeedFault.MISSING, "n0"),
    "a dead category": Fault(_set(_WORD, np.nan), FeedFault.MISSING, "c1"),
    "a new category": Fault(_set(_WORD, np.nan, 0.1), FeedFault.UNSEEN, "c1", unseen=True),
    "constant": Fault(_set(0, 50.0), FeedFault.CONSTANT, "n0"),
    "a constant whole number": Fault(_set(1, 0.0), FeedFault.CONSTANT, "n1"),
    "a constant category": Fault(_set(_MANY, 3.0), FeedFault.CONSTANT, "c2"),
    "a constant flag": Fault(_set(_FLAG, 0.0), FeedFault.CONSTANT, "c0"),
    "cents for euros": Fault(_times(0, 100.0), FeedFault.SCALE, "n0"),
    "thousands": Fault(_times(2, 0.001), FeedFault.SCALE, "n2"),
    "far away": Fault(_set(0, 1e9, 0.2), FeedFault.RANGE, "n0"),
    "exchanged categories": Fault(_exchange(_WORD, 0, 3), FeedFault.PERMUTED, "c1"),
}


def _after(changed: Change, windows: int = 4, unseen: bool = False) -> Watch:
    """A clean window, and then broken ones."""
    watch, pods = Watch(WORLD), {"a": Sidecar(WORLD, "1")}
    assert not watch.window(pods, {"a": WORLD.rows(1000, seed=1)})
    for number in range(windows):
        rows = WORLD.rows(1000, seed=2 + number)
        changed(rows.matrix)
        pods["a"].count(rows, {"c1": 1000} if unseen else None)
        watch.window(pods, {})
    return watch


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_of_the_feed_alone(case: Fault) -> None:
    for windows in (1, 4):
        watch = _after(case.change, windows, case.unseen)
        assert watch.failing == {Signal.FEED}
    assert {one.name: one.fault for one in watch.state.windows[0].features if one.fault} == {case.feature: case.found}
    assert bool(watch.evidence.unseen_since) == case.unseen


def test_another_unit_within_the_range_is_told_by_the_scale() -> None:
    """Values that are spread over decades stay in training's range when they are multiplied."""
    rng = np.random.default_rng(3)
    skewed = _skewed_world(rng)
    watch, pods = Watch(skewed), {"a": Sidecar(skewed, "1")}
    rows = _skewed(rng, 1000)
    rows.matrix[:, 0] *= 6.0
    watch.window(pods, {"a": rows})
    assert watch.failing == {Signal.FEED}
    assert _fault(watch.state.windows[0], "n0") is FeedFault.SCALE


def _skewed(rng: np.random.Generator, rows: int) -> Rows:
    return Rows(rng.lognormal(0, 1.5, (rows, 1)).astype(np.float32), rng.beta(2, 5, rows))


def _skewed_world(rng: np.random.Generator) -> World:
    schema = drift_schema(1, ())
    return World(schema, drift_reference(schema, _skewed(rng, 10_000)))


def _fault(window: JudgedWindow, name: str) -> FeedFault | None:
    return next(one.fault for one in window.features if one.name == name)


def _plus(place: int, more: float) -> Change:
    def change(matrix: Matrix) -> None:
        matrix[:, place] += more

    return change


def _other_mix(place: int) -> Change:
    def change(matrix: Matrix) -> None:
        codes = matrix[:, place]
        codes[(codes == 0) & (np.arange(len(codes)) % 3 == 0)] = 1

    return change


def _sorted(place: int) -> Change:
    def change(matrix: Matrix) -> None:
        matrix[:, place].sort()

    return change


WORLD_MOVES = {
    "a number by a deviation": (_plus(0, 10.0), {Signal.INPUT}),
    "a whole number by half of one": (_plus(1, 5.0), {Signal.INPUT}),
    "another mix": (_other_mix(_WORD), {Signal.INPUT}),
    "a flag less often": (_other_mix(_FLAG), {Signal.INPUT}),
    "sorted rows": (_sorted(1), set()),
    # In winter nobody has seen a summer.
    "beyond all that training saw": (_plus(0, 60.0), {Signal.INPUT}),
    # As rows of one hour have one weather.
    "a stretch of one value": (_set(0, 50.0, 0.6), {Signal.INPUT}),
    "a little": (_plus(0, 1.0), set()),
}


@pytest.mark.parametrize(("change", "expected"), WORLD_MOVES.values(), ids=WORLD_MOVES)
def test_a_world_that_moves_is_no_fault(change: Change, expected: set[Signal]) -> None:
    assert _after(change).failing == expected


def test_an_alarm_ends_after_three_good_windows_and_leaves_no_other() -> None:
    watch = _after(_set(0, np.nan), windows=2)
    pods = {"a": Sidecar(WORLD, "2", started=watch.now)}
    found = [watch.window(pods, {"a": WORLD.rows(1000, seed=90 + number)}) for number in range(4)]
    assert found == [{Signal.FEED}, {Signal.FEED}, set(), set()]
    assert watch.evidence.of(Signal.INPUT).verdict is GateVerdict.PASS


def test_features_that_the_model_does_not_use_may_break_and_move() -> None:
    feature = WORLD.reference.features["n0"]
    unused = feature.model_copy(update={"importance": feature.importance.model_copy(update={"used": False})})
    reference = WORLD.reference.model_copy(update={"features": {**WORLD.reference.features, "n0": unused}})
    changed = World(WORLD.schema, reference)
    watch, pods = Watch(changed), {"a": Sidecar(changed, "1")}
    for seed in range(4):
        rows = WORLD.rows(1000, seed)
        rows.matrix[:, 0] = np.nan if seed < 2 else 80
        assert not watch.window(pods, {"a": rows})


GAPS = {
    "training had as many in some stretches": (0.1, 0.2, False),
    "training had as many everywhere": (0.0, 0.2, True),
    "the source is gone": (0.1, 1.0, True),
}


@pytest.mark.parametrize("name", GAPS)
def test_gaps_that_come_and_go_are_no_broken_feed(name: str) -> None:
    """`missing_spread` is what training saw between stretches of time; 5 % were missing in the mean."""
    spread, share, is_broken = GAPS[name]
    schema = drift_schema(2, ())
    reference = drift_reference(schema, drift_rows(schema, 10_000, seed=1, missing=0.05))
    features = {name: one.model_copy(update={"missing_spread": spread}) for name, one in reference.features.items()}
    gappy = World(schema, reference.model_copy(update={"features": features}))
    watch, rows = Watch(gappy), gappy.rows(1000, seed=2, missing=0.05)
    _set(0, np.nan, share)(rows.matrix)
    watch.window({"a": Sidecar(gappy, "1")}, {"a": rows})
    assert (watch.failing == {Signal.FEED}) is is_broken


def test_a_wet_day_is_no_other_unit() -> None:
    """Where nearly all rows are 0, the others have to fit once the unit is taken out."""
    rng = np.random.default_rng(5)

    def rain(rows: int, least: float, most: float) -> Rows:
        values = np.where(rng.random(rows) < 0.07, np.exp(rng.uniform(np.log(least), np.log(most), rows)), 0.0)
        return Rows(values.astype(np.float32)[:, None], rng.beta(2, 5, rows))

    schema = drift_schema(1, ())
    dry = World(schema, drift_reference(schema, rain(10_000, 0.01, 0.04)))
    for rows, is_broken in ((rain(1000, 0.02, 0.9), False), (rain(1000, 1.0, 4.0), True)):
        watch = Watch(dry)
        watch.window({"a": Sidecar(dry, "1")}, {"a": rows})
        assert (_fault(watch.state.windows[0], "n0") is FeedFault.SCALE) is is_broken


Shares = NDArray[np.float64]

PAIR = drift_schema(0, (3, 5))
_COMES_WITH = np.array([[6, 3, 1, 0, 0], [1, 1, 2, 5, 1], [1, 1, 1, 1, 6]]) / 10
_TURNED = np.array([[5, 3, 1, 1, 0], [4, 3, 2, 1, 0], [3, 3, 2, 1, 1]]) / 10
"""A world that has moved: each category comes with something else than in training, none with another one's."""


def _pairs(shares: Shares, seed: int, rows: int = 1000) -> Rows:
    """Three categories with equal shares, and what comes with each."""
    rng = np.random.default_rng(seed)
    first = np.arange(rows) % 3
    other = [rng.choice(5, p=shares[code]) for code in first]
    return Rows(np.column_stack([first, other]).astype(np.float32), rng.beta(2, 5, rows))


def _pair_world() -> World:
    rows = _pairs(_COMES_WITH, 1, 6000)
    reference = drift_reference(PAIR, rows)
    joint = np.zeros((3, 5), dtype=int)
    np.add.at(joint, tuple(rows.matrix.T.astype(int)), 1)
    told = {"partner": "c1", "joint": tuple(map(tuple, joint.tolist()))}
    features = reference.features | {"c0": reference.features["c0"].model_copy(update=told)}
    return World(PAIR, reference.model_copy(update={"features": features}))


EXCHANGES: dict[str, tuple[Shares, Change, bool]] = {
    "as in training": (_COMES_WITH, lambda _: None, False),
    "two have each other's names": (_COMES_WITH, _exchange(0, 0, 1), True),
    "the world has moved": (_TURNED, lambda _: None, False),
    "one has become like another": (_COMES_WITH[[1, 1, 2]], lambda _: None, False),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_exchanged_categories_of_equal_shares_are_told_by_what_comes_with_them(name: str) -> None:
    shares, change, is_found = EXCHANGES[name]
    pair = _pair_world()
    watch, rows = Watch(pair), _pairs(shares, 2)
    change(rows.matrix)
    watch.window({"a": Sidecar(pair, "1")}, {"a": rows})
    assert (_fault(watch.state.windows[0], "c0") is FeedFault.PERMUTED) is is_found
