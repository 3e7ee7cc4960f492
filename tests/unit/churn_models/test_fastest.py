"""Who scores for pyfunc: what an installed distribution offers, else the stock libraries."""

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest
from churn_models.bundle import Bundle
from churn_models.scoring import fastest
from churn_models.scoring.fastest import GROUP, load_fastest
from churn_models.scoring.scorer import Scorer
from churn_runtimes.evaluator.evaluator import Evaluator


def test_the_compiled_evaluator_scores_where_it_is_installed(bundle: Bundle) -> None:
    assert isinstance(load_fastest(bundle), Evaluator)


def test_stock_libraries_score_where_nothing_is_offered(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastest, "entry_points", lambda group: EntryPoints())
    assert isinstance(load_fastest(bundle), Scorer)


def test_what_cannot_be_imported_is_told(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("compiled", "churn_runtimes.of_another_version:load", GROUP)
    monkeypatch.setattr(fastest, "entry_points", lambda group: EntryPoints([broken]))
    with pytest.warns(UserWarning, match=r"of_another_version:load cannot be used .*: stock libraries score"):
        assert isinstance(load_fastest(bundle), Scorer)


def test_the_evaluator_needs_no_server_beside_it(bundle: Bundle) -> None:
    """So `pip install --no-deps churn-runtimes` is enough on Spark's executors."""
    code = """
import sys
from pathlib import Path
from churn_models.bundle import open_bundle
from churn_models.scoring.fastest import load_fastest
print(type(load_fastest(open_bundle(Path(sys.argv[1])))).__name__)
server = {"mlserver", "fastapi", "uvicorn", "uvloop", "httptools", "grpc", "orjson", "prometheus_client", "typer"}
print(*server & set(sys.modules))
"""
    said = subprocess.run([sys.executable, "-c", code, bundle.folder], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ["Evaluator", ""]
