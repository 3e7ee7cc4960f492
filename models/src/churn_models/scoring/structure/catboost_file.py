"""A CatBoost model of numbers in its binary format.

The format is `catboost/libs/model/flatbuffers/model.fbs` of CatBoost 1.2; the fields have its names here.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from churn_models.errors import MemberUnreadable
from churn_models.scoring.structure.flatbuffer import Table

_BEFORE_CORE = 8
_DEEPEST = 16
_BORDERS_IN_A_BIN = 254
_NAN_TREATMENTS = (0, 1, 2)
_STEP = np.dtype([("left", "<u2"), ("right", "<u2")])
_BIN = np.dtype([("feature", "<u2"), ("mask", "u1"), ("split", "u1")])


class _Core(IntEnum):
    TREES = 1
    PARTS = 3


class _Trees(IntEnum):
    DIMENSION = 0
    SPLITS = 1
    SIZES = 2
    STARTS = 3
    CAT_FEATURES = 4
    FLOAT_FEATURES = 5
    ONE_HOT_FEATURES = 6
    CTR_FEATURES = 7
    LEAF_VALUES = 8
    LEAF_WEIGHTS = 9
    STEPS = 10
    LEAF_OF_NODE = 11
    TEXT_FEATURES = 12
    ESTIMATED_FEATURES = 13
    BIASES = 16
    REPACKED_BINS = 17
    EMBEDDING_FEATURES = 18


class _Float(IntEnum):
    INDEX = 1
    FLAT_INDEX = 2
    BORDERS = 3
    NAN_TREATMENT = 5


_NO_NUMBERS = (
    *(_Trees.CAT_FEATURES, _Trees.ONE_HOT_FEATURES, _Trees.CTR_FEATURES),
    *(_Trees.TEXT_FEATURES, _Trees.ESTIMATED_FEATURES, _Trees.EMBEDDING_FEATURES),
)


@dataclass(frozen=True)
class _Borders:
    """Every border of every feature in turn, as splits number them: the bin that it is in, and its number there."""

    bin: NDArray[np.int64]
    number: NDArray[np.int64]


def check_catboost(content: bytes, features: int) -> None:
    """Raises MemberUnreadable for anything but trees that give one probability per row of so many features."""
    try:
        core = Table.root(content[_BEFORE_CORE:])
        if struct.unpack_from("<I", content, 4)[0] != len(core.content) or len(core.numbers(_Core.PARTS, "<u4")):
            raise MemberUnreadable("more in the file than trees")
        _check(core.table(_Core.TREES), features)
    except (struct.error, ValueError, OverflowError, RecursionError) as error:
        raise MemberUnreadable(f"no model of CatBoost: {error}") from error


def _check(trees: Table, features: int) -> None:
    if any(len(trees.numbers(field, "<u4")) for field in _NO_NUMBERS):
        raise MemberUnreadable("features that are no numbers")
    if trees.number(_Trees.DIMENSION, "<i", 0) != 1 or len(trees.numbers(_Trees.BIASES, "<f8")) > 1:
        raise MemberUnreadable("more than one score per row")
    borders = _borders(trees.tables(_Trees.FLOAT_FEATURES), features)
    splits, sizes, starts = (_whole(trees, field) for field in (_Trees.SPLITS, _Trees.SIZES, _Trees.STARTS))
    if (sizes < 0).any() or len(starts) != len(sizes) or (starts != np.cumsum(sizes) - sizes).any():
        raise MemberUnreadable("a tree does not begin where the one before ends")
    if sizes.sum() != len(splits):
        raise MemberUnreadable("trees of more or fewer splits than there are")
    _check_splits(trees, splits, borders)
    leaves = len(trees.numbers(_Trees.LEAF_VALUES, "<f8"))
    if len(trees.numbers(_Trees.LEAF_WEIGHTS, "<f8")) not in (0, leaves):
        raise MemberUnreadable("not one weight for each leaf")
    if len(trees.numbers(_Trees.STEPS, _STEP)):
        _check_steps(trees, sizes, starts, leaves)
    elif sizes.max(initial=0) > _DEEPEST or (1 << sizes).sum() != leaves:
        raise MemberUnreadable("symmetric trees whose leaves are not two to their depth")


def _whole(trees: Table, field: _Trees) -> NDArray[np.int64]:
    return trees.numbers(field, "<i4").astype(np.int64)


def _borders(found: list[Table], features: int) -> _Borders:
    for place, feature in enumerate(found):
        places = [feature.number(field, "<i", -1) for field in (_Float.INDEX, _Float.FLAT_INDEX)]
        if places != [place, place] or feature.number(_Float.NAN_TREATMENT, "<b", 0) not in _NAN_TREATMENTS:
            raise MemberUnreadable("features that are not numbered in order")
    if len(found) > features:
        raise MemberUnreadable(f"fitted on {len(found)} features, schema.json has {features}")
    counts = np.array([len(feature.numbers(_Float.BORDERS, "<f4")) for feature in found], dtype=np.int64)
    bins = -(-counts // _BORDERS_IN_A_BIN)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return _Borders(np.repeat(np.cumsum(bins) - bins, counts) + number // _BORDERS_IN_A_BIN, number % _BORDERS_IN_A_BIN)


def _check_splits(trees: Table, splits: NDArray[np.int64], borders: _Borders) -> None:
    """The same splits are written twice, the second time as the library looks them up in its bins."""
    if ((splits < 0) | (splits >= len(borders.bin))).any():
        raise MemberUnreadable("a split by a border that is none")
    bins = trees.numbers(_Trees.REPACKED_BINS, _BIN)
    if len(bins) not in (0, len(splits)):
        raise MemberUnreadable("not one bin for each split")
    if len(bins):
        wanted = (borders.bin[splits], np.zeros(len(splits)), borders.number[splits] + 1)
        if any((bins[name] != numbers).any() for name, numbers in zip(_BIN.names or (), wanted, strict=True)):
            raise MemberUnreadable("a split in another bin than its border's")


def _check_steps(trees: Table, sizes: NDArray[np.int64], starts: NDArray[np.int64], leaves: int) -> None:
    """Trees that are not symmetric: each node says how far behind it its children are, 0 where there is none."""
    steps, leaf = trees.numbers(_Trees.STEPS, _STEP), trees.numbers(_Trees.LEAF_OF_NODE, "<u4")
    if not len(steps) == len(leaf) == sizes.sum():
        raise MemberUnreadable("lists of nodes of unequal length")
    places, ends = np.arange(len(steps)), np.repeat(starts + sizes, sizes)
    if any((places + steps[side] >= ends).any() for side in ("left", "right")):
        raise MemberUnreadable("a node's child lies outside its tree")
    ends_here = (steps["left"] == 0) | (steps["right"] == 0)
    if (leaf[ends_here] >= leaves).any():
        raise MemberUnreadable("a leaf without a value")
