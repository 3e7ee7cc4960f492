"""What stands in the progress: a step's time, and libraries' warnings below it in one line each."""

import warnings

import pytest
from churn_training.progress import step

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
