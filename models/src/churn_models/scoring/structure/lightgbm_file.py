"""A LightGBM model as text: a header, trees of lines `name=values`, then what scoring does not read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from churn_models.errors import MemberUnreadable
from churn_models.scoring.structure.trees import Numbers, Trees, check_trees

_PROBABILITIES = ("binary", "cross_entropy")
_END = "end of trees"
_CATEGORICAL = 1
_LARGEST_DECISION = 0b1011
_BY_LEAF = ("leaf_value", "leaf_weight", "leaf_count", "leaf_const", "num_features")
_BY_SPLIT = (
    *("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child"),
    *("internal_value", "internal_weight", "internal_count"),
)
_NEEDED = ("num_leaves", "num_cat", "leaf_value")
_NEEDED_OF_SPLITS = ("split_feature", "threshold", "decision_type", "left_child", "right_child")

Lines = dict[str, str]


def check_lightgbm(content: bytes, features: int) -> None:
    """Raises MemberUnreadable for anything but trees that give one probability per row of so many features."""
    try:
        # Byte by byte: `tree_sizes` counts bytes.
        _check(content.decode("latin-1"), features)
    except (KeyError, ValueError, OverflowError, IndexError) as error:
        raise MemberUnreadable(f"no model of LightGBM: {type(error).__name__}: {error}") from error


def _check(text: str, features: int) -> None:
    head, separator, _ = text.partition("\n\nTree=0\n")
    header = _lines(head.split("\n")[1:])
    if "Tree" in header or "\r" in text:
        raise MemberUnreadable("lines that LightGBM would read as others")
    _check_header(header, features)
    texts = _tree_texts(text, len(head) + 2, header["tree_sizes"]) if separator else []
    trees = [_tree(place, tree, features) for place, tree in enumerate(texts)]
    sizes = np.array([len(left) for left, _, _ in trees], dtype=np.int64)
    left, right, feature = (
        np.concatenate([np.zeros(0, dtype=np.int64), *(tree[part] for tree in trees)]) for part in range(3)
    )
    check_trees(Trees(sizes, left, right, feature), features)


def _lines(lines: Sequence[str]) -> Lines:
    found: Lines = {}
    for line in lines:
        name, _, value = line.partition("=")
        if name in found:
            raise MemberUnreadable(f"{name} twice")
        found[name] = value
    return found


def _check_header(header: Lines, features: int) -> None:
    objective = (header.get("objective", "").split() or ["none"])[0]
    if objective not in _PROBABILITIES:
        raise MemberUnreadable(f"objective {objective} gives no probability")
    if header["num_class"] != "1" or header["num_tree_per_iteration"] != "1":
        raise MemberUnreadable("more than one score per row")
    if (fitted := int(header["max_feature_idx"]) + 1) != features:
        raise MemberUnreadable(f"fitted on {fitted} features, schema.json has {features}")
    for name in ("feature_names", "feature_infos"):
        if len(header[name].split()) != features:
            raise MemberUnreadable(f"{name} are not as many as the features")


def _tree_texts(text: str, begin: int, sizes: str) -> list[str]:
    """LightGBM reads each tree where `tree_sizes` says that it begins."""
    texts = []
    for size in map(int, sizes.split()):
        texts.append(text[begin : begin + size])
        begin += size
    if not text.startswith(_END, begin) or sum(map(len, texts)) != sum(map(int, sizes.split())):
        raise MemberUnreadable("tree_sizes that are not the trees'")
    return texts


def _tree(place: int, text: str, features: int) -> tuple[Numbers, Numbers, Numbers]:
    """Left and right child and feature of its nodes, inner ones first. Raises MemberUnreadable."""
    title, *lines = text.rstrip("\n").split("\n")
    if title != f"Tree={place}" or any("=" not in line for line in lines):
        raise MemberUnreadable("tree_sizes that are not the trees'")
    tree = _lines(lines)
    leaves = int(tree["num_leaves"])
    _check_lengths(tree, leaves)
    _check_sets(tree)
    if tree.get("is_linear", "0") != "0":
        _check_linear(tree, features)
    inner = leaves - 1
    left, right = (_children(_numbers(tree[name]), inner) for name in ("left_child", "right_child"))
    leaf = np.full(leaves, -1, dtype=np.int64)
    return (
        np.concatenate([left, leaf]),
        np.concatenate([right, leaf]),
        np.concatenate([_numbers(tree["split_feature"]), leaf]),
    )


def _check_lengths(tree: Lines, leaves: int) -> None:
    if missing := [name for name in _NEEDED if name not in tree]:
        raise MemberUnreadable(f"a tree without {missing[0]}")
    for names, wanted in ((_BY_LEAF, leaves), (_BY_SPLIT, leaves - 1)):
        for name in names:
            # What is known of no leaf may be left out as a whole.
            count = len(tree.get(name, "").split())
            if count != wanted and (count or name in (*_NEEDED, *_NEEDED_OF_SPLITS)):
                raise MemberUnreadable(f"{name} has {count} values, {wanted} are expected")
    _floats(tree["leaf_value"])
    _floats(tree["threshold"])


def _check_sets(tree: Lines) -> None:
    """Splits by category name a set; the sets' bits lie in words, from border to border."""
    decision, count = _numbers(tree["decision_type"]), int(tree["num_cat"])
    if ((decision < 0) | (decision > _LARGEST_DECISION)).any():
        raise MemberUnreadable("a decision that is none")
    borders, words = _numbers(tree.get("cat_boundaries", "0")), _numbers(tree.get("cat_threshold", ""))
    if len(borders) != count + 1 or borders[0] != 0 or borders[-1] != len(words) or (np.diff(borders) < 0).any():
        raise MemberUnreadable("sets of categories outside their words")
    sets = _floats(tree["threshold"])[decision & _CATEGORICAL > 0]
    if not ((sets >= 0) & (sets < count)).all():
        raise MemberUnreadable("a split by a set of categories that is none")


def _check_linear(tree: Lines, features: int) -> None:
    counts, asked = _numbers(tree["num_features"]), _numbers(tree["leaf_features"])
    if (counts < 0).any() or not counts.sum() == len(asked) == len(_floats(tree["leaf_coeff"])):
        raise MemberUnreadable("linear leaves whose lists are of unequal length")
    if ((asked < 0) | (asked >= features)).any():
        raise MemberUnreadable(f"a linear leaf asks for a feature that is none of the {features}")
    if len(_floats(tree["leaf_const"])) != len(counts):
        raise MemberUnreadable("linear leaves without their constants")


def _children(children: Numbers, inner: int) -> Numbers:
    """Leaf i is written as the complement of i; here leaves follow the inner nodes."""
    if (children >= inner).any():
        raise MemberUnreadable("a node's child lies outside its tree")
    return np.where(children >= 0, children, ~children + inner)


def _numbers(text: str) -> Numbers:
    return np.fromiter(map(int, _values(text)), dtype=np.int64)


def _floats(text: str) -> NDArray[np.float64]:
    return np.fromiter(map(float, _values(text)), dtype=np.float64)


def _values(text: str) -> list[str]:
    if "_" in text:
        raise ValueError("1_000 is a number in Python alone")
    return text.split()
