"""What stands in the progress: a step's time, and libraries' warnings below it in one line each."""

import warnings

import pytest
from churn_training.progress import note, step

XGBOOST_WARNS = '[10:58:45] WARNING: /workspace/src/learner.cc:782: \nParameters: { "a" } are not used.\n'


@pytest.mark.filterwarnings("always")
def test_a_warning_stands_below_its_step_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with step("fit boosted"):
        warnings.warn(XGBOOST_WARNS, UserWarning, stacklevel=1)
        warnings.warn(XGBOOST_WARNS, UserWarning, stacklevel=1)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("  fit boosted … ")
    assert first.endswith(" s")
    assert second == '    warning: Parameters: { "a" } are not used.'


def test_a_note_belongs_to_its_own_step(capsys: pytest.CaptureFixture[str]) -> None:
    note("nobody works")
    with pytest.raises(ZeroDivisionError), step("read"):
        note("as latin-1")
        raise ZeroDivisionError
    with step("fit"):
        pass
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["nobody works", "  read … failed", "    as latin-1"]
    assert len(said) == 4
