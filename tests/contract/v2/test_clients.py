"""Other people's clients, the newest kserve and tritonclient, each in an environment of its own."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.scoring.scorer import load_scorer
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.evaluator.top_reasons import top_reasons
from support.bundle_server import VERSION
from support.local_stack import Serving
from support.pinned_environment import pinned_environment

CLIENTS = Path("tests/contract/v2/clients")
SECONDS = 120
Answers = dict[str, dict[str, Any]]


def _ask(client: str, server: Serving, matrix: Matrix) -> Answers:
    python = pinned_environment(CLIENTS / f"{client}.txt") / "python"
    script = CLIENTS / f"ask_by_{client}.py"
    command = [str(python), str(script), server.rest_url, server.grpc_target, "small", json.dumps(matrix.tolist())]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    answers: Answers = json.loads(ended.stdout)
    return answers


@pytest.fixture(scope="module")
def whole(matrix: Matrix) -> Matrix:
    """Without missing values: no client sends NaN in valid JSON."""
    return np.nan_to_num(matrix)


@pytest.fixture(scope="module")
def scores(bundle: Bundle, whole: Matrix) -> EnsembleScores:
    return load_scorer(bundle).score(whole)


@pytest.fixture(scope="module")
def kserve(server: Serving, whole: Matrix) -> Answers:
    return _ask("kserve", server, whole)


@pytest.fixture(scope="module")
def triton(server: Serving, whole: Matrix) -> Answers:
    return _ask("tritonclient", server, whole)


def _same(answer: dict[str, Any], identity: str, scores: EnsembleScores) -> None:
    assert answer["id"] == identity
    assert set(answer["outputs"]) == {"member.xgboost", "churn_probability"}
    np.testing.assert_allclose(answer["outputs"]["churn_probability"], scores.ensemble, atol=1e-6)
    np.testing.assert_allclose(answer["outputs"]["member.xgboost"], scores.members["xgboost"], atol=1e-6)


def test_tritonclient_reads_reasons(triton: Answers, bundle: Bundle, whole: Matrix) -> None:
    top = top_reasons(load_evaluator(bundle).explain_ensemble(whole), bundle.schema().names, 2)
    for way in ("rest", "grpc"):
        assert triton[way]["reasons"]["names"] == top.features.tolist()
        np.testing.assert_allclose(triton[way]["reasons"]["values"], top.values, atol=1e-9)


def test_kserve_by_rest(kserve: Answers, scores: EnsembleScores) -> None:
    answers = kserve["rest"]
    assert (answers["live"], answers["ready"], answers["model ready"]) == (True, True, True)
    assert answers["unknown model ready"] is False
    for form in ("json", "binary in", "binary out", "binary"):
        _same(answers[form], "kserve", scores)
    assert "features are expected" in answers["error"]
    assert "400 Bad Request" in answers["error"]


def test_kserve_by_grpc(kserve: Answers, scores: EnsembleScores) -> None:
    answers = kserve["grpc"]
    assert (answers["live"], answers["ready"], answers["model ready"]) == (True, True, True)
    for form in ("contents", "raw contents"):
        _same(answers[form], "kserve", scores)


def test_tritonclient_by_rest(triton: Answers, scores: EnsembleScores) -> None:
    answers = triton["rest"]
    assert (answers["live"], answers["ready"], answers["model ready"]) == (True, True, True)
    assert answers["unknown model ready"] is False
    assert "binary_tensor_data" in answers["server"]["extensions"]
    assert (answers["metadata"]["name"], answers["metadata"]["versions"]) == ("small", [VERSION])
    for form in ("json", "binary in", "binary out", "binary"):
        _same(answers[form], "triton", scores)
    np.testing.assert_allclose(answers["default"], scores.ensemble, atol=1e-6)
    assert [answers[case].partition(" ")[0] for case in ("error", "json error")] == ["400", "400"]
    assert [answers[case].partition(" ")[0] for case in ("unknown", "loading")] == ["404", "404"]
    assert "features are expected" in answers["error"]
    assert {(item["name"], item["state"]) for item in answers["index"]} >= {("small", "READY")}
    assert (answers["config"]["max_batch_size"], answers["config"]["input"][0]["dims"]) == (1_000, [1])
    assert answers["statistics"]["model_stats"][0]["inference_stats"]["success"]["count"] > 0


def test_tritonclient_by_grpc(triton: Answers, scores: EnsembleScores) -> None:
    answers = triton["grpc"]
    assert (answers["live"], answers["ready"], answers["model ready"]) == (True, True, True)
    assert answers["server"]["name"] == "churnserve"
    assert answers["metadata"]["versions"] == [VERSION]
    _same(answers["raw contents"], "triton", scores)
    assert answers["error"].startswith("StatusCode.INVALID_ARGUMENT")
    assert answers["unknown"].startswith("StatusCode.NOT_FOUND")
