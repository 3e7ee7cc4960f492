"""The kinds of members, and the one safe file format each is kept in."""

from enum import StrEnum


class MemberKind(StrEnum):
    """What a member is; each value is also the word in ensemble.yaml and manifest.json."""

    RANDOM_FOREST = "random-forest"
    LOGISTIC_REGRESSION = "logistic-regression"
    XGBOOST = "xgboost"
    LIGHTGBM = "lightgbm"
    CATBOOST = "catboost"

    @property
    def file_name(self) -> str:
        """The name of the member's file inside its folder."""
        return _FILE_NAMES[self]


_FILE_NAMES = {
    MemberKind.RANDOM_FOREST: "model.skops",
    MemberKind.LOGISTIC_REGRESSION: "model.skops",
    MemberKind.XGBOOST: "model.ubj",
    MemberKind.LIGHTGBM: "model.txt",
    MemberKind.CATBOOST: "model.cbm",
}
