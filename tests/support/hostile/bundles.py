"""The table of corrupted, digest-valid bundles: which file is changed how, and what loading must say."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from churn_models.bundle_manifest import GOLDEN, HOLDOUT, SCHEMA
from churn_models.member_kind import MemberKind
from support.hostile.rewrite import (
    Content,
    arrays,
    bomb,
    catboost,
    cut,
    flipped,
    forest,
    lightgbm,
    named_again,
    overlapping,
    repacked,
    skops_schema,
    text,
    xgboost,
)
from support.relist import relist

HUGE = 500_000_000


@dataclass(frozen=True)
class Hostile:
    """One corruption of one file of a bundle whose members have their kinds' names."""

    name: str
    path: str
    change: Content
    told: str
    """Words of the BundleError."""
    member: str | None = None
    """Loaded alone; the ensemble where there is none."""

    def make(self, bundle: Path, folder: Path) -> Path:
        """A copy of the bundle with this corruption and digests that fit."""
        copy = Path(shutil.copytree(bundle, folder))
        path = copy / self.path
        path.write_bytes(self.change(path.read_bytes()))
        relist(copy)
        return copy


def _of(kind: MemberKind, *cases: tuple[str, Content, str]) -> list[Hostile]:
    path = f"members/{kind}/{kind.file_name}"
    return [Hostile(f"{kind}: {name}", path, change, told, kind) for name, change, told in cases]


def _vote(array: Any) -> bool:
    if array.dtype.names is not None or array.ndim != 3:
        return False
    array[:] = float("nan")
    return True


def _unlike_forest(content: bytes) -> bytes:
    return skops_schema('"__class__": "RandomForestClassifier"', '"__class__": "ExtraTreesClassifier"')(content)


def _edit(change: Callable[[Any], Any]) -> Content:
    return lambda content: orjson.dumps(change(orjson.loads(content)))


def _edit_rows(change: Callable[[Any], Any]) -> Content:
    return lambda content: b"\n".join(orjson.dumps(change(orjson.loads(line))) for line in content.splitlines())


def _without_member(row: Any) -> Any:
    return row | {"members": {f"{name}-2": score for name, score in row["members"].items()}}


def _with_text(row: Any) -> Any:
    return row | {"row": row["row"] | {"tenure": "many"}}


def _with_feature(more: dict[str, str]) -> Callable[[Any], Any]:
    return lambda schema: schema | {"features": [*schema["features"], {"name": "more", **more}]}


_NESTED = b"[" * 100_000
_OUTSIDE, _ENDLESS, _NO_FEATURE = "outside its tree", "might never end", "a feature that is none"

HOSTILE: tuple[Hostile, ...] = (
    *_of(
        MemberKind.LIGHTGBM,
        ("a feature that is none", lightgbm("split_feature", 0, str(HUGE)), _NO_FEATURE),
        ("a negative feature", lightgbm("split_feature", 1, "-1"), _NO_FEATURE),
        ("a child far outside", lightgbm("left_child", 0, "3000000"), _OUTSIDE),
        ("a leaf far outside", lightgbm("right_child", 0, f"-{HUGE}"), _OUTSIDE),
        ("a child that is the root", lightgbm("left_child", 2, "0"), _ENDLESS),
        ("a child that is its own parent", lightgbm("left_child", 1, "1"), _ENDLESS),
        ("a leaf twice", lightgbm("right_child", 0, "-1"), "two others lead to"),
        ("more leaves than values", lightgbm("num_leaves", 0, "2000000000"), "are expected"),
        ("leaves that are no number", lightgbm("num_leaves", 0, "nan"), "ValueError"),
        ("a decision that is none", lightgbm("decision_type", 0, "15"), "a decision that is none"),
        ("a set that is none", lightgbm("decision_type", 0, "1"), "a set of categories that is none"),
        ("sets without words", lightgbm("num_cat", 0, "7"), "outside their words"),
        ("a value too few", lightgbm("leaf_value", 0, ""), "are expected"),
        ("linear leaves without coefficients", lightgbm("is_linear", 0, "1"), "KeyError"),
        ("tree_sizes of other trees", text("tree_sizes=", "tree_sizes=1"), "not the trees'"),
        (
            "a margin, not a probability",
            text("objective=binary sigmoid:1\n", ""),
            "objective none gives no probability",
        ),
        ("a regression with a child far outside", text("objective=binary", "objective=regression"), "no probability"),
        ("three classes", text("num_class=1", "num_class=3"), "more than one score"),
        ("a line twice", lightgbm("num_cat", 0, "0\nnum_cat=9"), "num_cat twice"),
        ("cut", cut(0.4), "not the trees'"),
    ),
    *_of(
        MemberKind.XGBOOST,
        ("a feature that is none", xgboost("split_indices", 0, HUGE), _NO_FEATURE),
        ("a child far outside", xgboost("left_children", 0, HUGE), _OUTSIDE),
        ("a child that is the root", xgboost("left_children", 1, 0), _ENDLESS),
        ("a child that is its own parent", xgboost("right_children", 2, 2), _ENDLESS),
        ("a parent far outside", xgboost("parents", 3, HUGE), "does not lead to it"),
        ("a parent that is none of its", xgboost("parents", 1, 2), "does not lead to it"),
        (
            "more nodes than lists",
            text("num_nodesSL\0\0\0\0\0\0\0\x0215", "num_nodesSL\0\0\0\0\0\0\0\x0299"),
            "as long",
        ),
        ("other features", text("num_featureSL\0\0\0\0\0\0\0\x0219", "num_featureSL\0\0\0\0\0\0\0\x0299"), "features"),
        (
            "no rounds",
            text("num_treesSL\0\0\0\0\0\0\0\x0212", "num_treesSL\0\0\0\0\0\0\0\x0299"),
            "trees by the header",
        ),
        (
            "trees of a second score",
            text("tree_info[#L\0\0\0\0\0\0\0\x0ci\0", "tree_info[#L\0\0\0\0\0\0\0\x0ci\x09"),
            "score",
        ),
        ("a margin, not a probability", text("\x0fbinary:logistic", "\x0fbinary:logitraw"), "gives no probability"),
        ("a list without end", text("[$l#L\0\0\0\0", "[$l#L\x7f\0\0\0"), "a length of"),
        ("nested without end", lambda content: b"{L" + b"[#L\0\0\0\0\0\0\0\x01" * 100_000, "UBJSON"),
        ("cut", cut(0.7), "ends too early"),
    ),
    *_of(
        MemberKind.RANDOM_FOREST,
        ("a feature that is none", forest("feature", 0, HUGE), _NO_FEATURE),
        ("a negative feature", forest("feature", 0, -7), _NO_FEATURE),
        ("a child far outside", forest("left_child", 0, HUGE), _OUTSIDE),
        ("a child that is the root", forest("left_child", 1, 0), _ENDLESS),
        ("one child alone", forest("right_child", 0, -1), _OUTSIDE),
        ("no numbers in the leaves", arrays(_vote), "golden row"),
        ("other trees", _unlike_forest, "not a RandomForestClassifier"),
        ("a type that is not trusted", skops_schema("sklearn.ensemble._forest", "subprocess"), "TypeUntrusted"),
        ("cut", cut(0.9), "BadZipFile"),
        ("a byte of the archive", flipped(0.5), "cannot be read"),
        (
            "a compressed archive",
            repacked,
            "FormatForbidden: members/random-forest/model.skops is compressed (",
        ),
        ("an archive of 400 MB in 400 KB", bomb, "model.skops is compressed (4"),
        ("one part of the archive many times", overlapping, "says that it holds"),
        ("one array named many times", named_again, "far more memory than the file"),
    ),
    *_of(
        MemberKind.LOGISTIC_REGRESSION,
        ("another step", skops_schema('"StandardScaler"', '"MaxAbsScaler"'), "not a SimpleImputer"),
        ("nested without end", lambda content: content[:-22] + _NESTED, "cannot be read"),
        ("cut", cut(0.5), "BadZipFile"),
    ),
    *_of(
        MemberKind.CATBOOST,
        ("a border that is none", catboost(1, "<i4", 0, HUGE), "a border that is none"),
        ("a negative border", catboost(1, "<i4", 5, -1), "a border that is none"),
        ("a tree deeper than its splits", catboost(2, "<i4", 0, 9), "does not begin where"),
        ("a tree that begins elsewhere", catboost(3, "<i4", 2, HUGE), "does not begin where"),
        ("another bin", catboost(17, "<u4", 0, 0xFFFF), "another bin"),
        ("cut", cut(0.8), "more in the file than trees"),
        (
            "a place before the file",
            lambda content: content[:8] + b"\xff\xff\xff\x7f" + content[12:],
            "no model of CatBoost",
        ),
    ),
    Hostile("holdout: a compressed archive", HOLDOUT, repacked, "FormatForbidden: holdout.npz is compressed ("),
    Hostile("golden rows: none", GOLDEN, lambda content: b"", "holds no rows"),
    Hostile("golden rows: no JSON", GOLDEN, lambda content: b"{" + content, "golden.jsonl cannot be read"),
    Hostile("golden rows: no text", GOLDEN, lambda content: b"\xff\xfe" + content, "golden.jsonl cannot be read"),
    Hostile("golden rows: other members", GOLDEN, _edit_rows(_without_member), "the members are"),
    Hostile("golden rows: another feature", GOLDEN, text('"tenure"', '"ten"'), "ten is not in both"),
    Hostile("golden rows: a text for a number", GOLDEN, _edit_rows(_with_text), "cannot be encoded"),
    Hostile("schema: no JSON", SCHEMA, cut(0.5), "schema.json cannot be read"),
    Hostile("schema: nested without end", SCHEMA, lambda content: _NESTED, "schema.json cannot be read"),
    Hostile(
        "schema: fewer features", SCHEMA, _edit(lambda schema: schema | {"features": schema["features"][1:]}), "has 18"
    ),
    Hostile("schema: more features", SCHEMA, _edit(_with_feature({"kind": "numeric"})), "20"),
    Hostile(
        "schema: a derived feature that members do not know",
        SCHEMA,
        _edit(_with_feature({"kind": "derived", "step": "log", "of": "tenure"})),
        "20",
    ),
    Hostile(
        "schema: derived of nothing",
        SCHEMA,
        _edit(_with_feature({"kind": "derived", "step": "log", "of": "nobody"})),
        "there is no feature nobody",
    ),
    Hostile(
        "schema: means that nobody knows",
        SCHEMA,
        _edit(_with_feature({"kind": "derived", "step": "group_mean", "of": "tenure", "by": "Contract"})),
        "its means are not known",
    ),
)
