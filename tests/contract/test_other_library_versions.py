"""A library of another version than training's: the error names the member and both versions (case 34)."""

import re
from importlib import metadata

import pytest
from churn_models.bundle import Bundle
from churn_models.errors import GoldenMismatch, MemberUnreadable
from churn_models.scoring import library_versions
from churn_models.scoring.library_versions import naming_versions
from churn_models.scoring.scorer import check_golden_rows, load_scorer
from sklearn.linear_model import LogisticRegression


@pytest.mark.case("34-older-library-in-the-server")
def test_the_member_and_both_versions_are_named(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def predict_proba(*_: object) -> None:
        raise AttributeError("'LogisticRegression' object has no attribute 'multi_class'")

    monkeypatch.setattr(LogisticRegression, "predict_proba", predict_proba)
    monkeypatch.setattr(library_versions, "version", lambda name: "1.7.2" if name == "scikit-learn" else _same(name))
    trained_with = bundle.manifest.libraries["scikit-learn"]
    told = (
        "member logistic-regression cannot be scored: AttributeError: 'LogisticRegression' object has no attribute "
        f"'multi_class' (scikit-learn 1.7.2 is installed, the bundle was made with {trained_with})"
    )
    with pytest.raises(MemberUnreadable, match=re.escape(told)), naming_versions(bundle.manifest):
        check_golden_rows(bundle, load_scorer(bundle))


def test_what_is_no_fault_of_a_library_keeps_its_name(bundle: Bundle) -> None:
    with pytest.raises(GoldenMismatch), naming_versions(bundle.manifest):
        raise GoldenMismatch("golden row 5")


def _same(name: str) -> str:
    return metadata.version(name)
