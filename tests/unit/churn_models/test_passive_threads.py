"""Threads of the scoring libraries wait passively, whichever way a process comes to them."""

import subprocess
import sys

import pytest


@pytest.mark.case("37-busy-neighbours")
@pytest.mark.parametrize("package", ["churn_training", "churn_models.scoring", "churn_runtimes"])
def test_the_policy_is_set_before_any_library_reads_it(package: str) -> None:
    heavy = "{'xgboost', 'lightgbm', 'sklearn'} & set(sys.modules)"
    looked = f"import sys, os, {package}; print(os.environ['OMP_WAIT_POLICY'], {heavy})"
    done = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "passive set()"
