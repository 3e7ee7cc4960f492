"""What a search has found goes through its storage as it was written, and nothing is taken for it where it is none."""

import shutil
from pathlib import Path

import pytest
from churn_models.ensemble_spec import load_ensemble
from churn_training.errors import SearchImpossible
from churn_training.search.found_files import found_by, keep_found
from churn_training.search.study_storage import file_url

TELCO, CHURN = Path("models/telco"), Path("models/churn")


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return file_url(tmp_path / "study.db")


def test_what_was_kept_last_is_loaded_word_by_word(storage: str, tmp_path: Path) -> None:
    keep_found(storage, "churn.telco", CHURN)
    found = tmp_path / "found"
    shutil.copytree(TELCO, found)
    text = (found / "ensemble.yaml").read_text(encoding="utf-8")
    (found / "ensemble.yaml").write_text(f"# Found by `search`: gr\u00f6\u00dfer\n{text}", encoding="utf-8")
    keep_found(storage, "churn.telco", found)
    shutil.rmtree(found)
    assert found_by("churn.telco", storage, None) == load_ensemble(TELCO)


def test_a_search_of_another_name_has_found_nothing(storage: str) -> None:
    keep_found(storage, "churn.telco", TELCO)
    written = load_ensemble(CHURN)
    assert found_by("churn.other", storage, written) == written
    with pytest.raises(SearchImpossible, match="comes first"):
        found_by("churn.other", storage, None)


def test_without_a_storage_it_says_what_is_missing() -> None:
    with pytest.raises(SearchImpossible, match="--study needs --storage"):
        found_by("churn.telco", None, None)
