"""What a row costs: trees by their number, together less than one by one, a library's member by its library."""

from pathlib import Path

import numpy as np
import pytest
import xgboost
from churn_models.member_kind import MemberKind
from churn_models.scoring.row_cost import offered_row_cost
from churn_runtimes.evaluator.pack import PACKERS
from churn_runtimes.evaluator.row_cost import row_cost
from churn_runtimes.evaluator.unpackable import Unpackable
from support.flat import training_matrix


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Boosted trees by their number."""
    matrix, target = training_matrix()
    found = {}
    for trees in (5, 400):
        found[trees] = tmp_path_factory.mktemp("members") / "model.ubj"
        xgboost.XGBClassifier(n_estimators=trees, max_depth=6, n_jobs=1).fit(matrix, target).save_model(found[trees])
    return found


def _cost(*paths: Path) -> float:
    matrix = np.ascontiguousarray(training_matrix()[0])
    return row_cost([(MemberKind.XGBOOST, path) for path in paths], matrix)


def test_many_trees_cost_more_than_few(files: dict[int, Path]) -> None:
    few, many = _cost(files[5]), _cost(files[400])
    assert 0 < few < many / 3
    assert many < _cost(files[400], files[400])


def test_who_cannot_be_packed_costs_what_its_library_takes(
    files: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise Unpackable("a tree too large")

    packed = _cost(files[5])
    monkeypatch.setitem(PACKERS, MemberKind.XGBOOST, refuse)
    assert _cost(files[5]) > 3 * packed


def test_training_finds_it_without_an_import() -> None:
    assert offered_row_cost() is row_cost
