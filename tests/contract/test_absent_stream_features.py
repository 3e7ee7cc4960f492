"""A bundle with features of the stream where nobody knows of events: rows, requests and tables that lack them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.check_column import MISSING_FAULT
from churn_models.combine import CombineRule
from churn_models.encoding import encode
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from churn_models.known_codes import KnownCodes
from churn_models.member_kind import MemberKind
from churn_models.outputs import PROBABILITY
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score.score_table import TableScorer, Task
from churn_runtimes.v2.rows import decode_rows
from churn_runtimes.v2.tensor import from_mlserver
from churn_training.datasets import Dataset
from churn_training.train import train
from mlserver.types import InferenceRequest
from support.stream_events import made_up, schema_with_stream

SCHEMA = schema_with_stream()
CUSTOMERS = made_up(600, seed=5).customers
KNOWN = CUSTOMERS[["customer", "months", "contract"]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    trees = MemberSpec(name="trees", kind=MemberKind.LIGHTGBM, parameters={"n_estimators": 5, "num_leaves": 5})
    spec = EnsembleSpec(name="moving", combine=CombineRule.MEAN, members=(trees,))
    rng = np.random.default_rng(0)
    logged = {one.name: rng.random(len(CUSTOMERS)) for one in SCHEMA.stream}
    return train(spec, SCHEMA, Dataset("logged", CUSTOMERS.assign(**logged)), 0, tmp_path_factory.mktemp("b")).bundle


def test_a_table_without_them_is_scored_and_told(bundle: Bundle, tmp_path: Path) -> None:
    KNOWN.to_parquet(tmp_path / "known.parquet")
    evaluator = load_evaluator(bundle)
    scored = TableScorer(bundle, evaluator, print).score(
        Task(str(tmp_path / "known.parquet"), str(tmp_path / "scored.parquet"))
    )
    found = pd.read_parquet(tmp_path / "scored.parquet")[PROBABILITY]
    columns = {name: KNOWN[name].to_numpy() for name in ("months", "contract")}
    np.testing.assert_array_equal(found, evaluator.score(encode(SCHEMA, columns).matrix).ensemble)
    told = {fault.column: (fault.fault, fault.rows) for fault in scored.told}
    assert told == {one.name: (MISSING_FAULT, len(KNOWN)) for one in SCHEMA.stream}


def test_a_request_without_them_is_read_with_all_of_them_missing() -> None:
    inputs = [
        {"name": "months", "shape": [1], "datatype": "FP64", "data": [12]},
        {"name": "contract", "shape": [1], "datatype": "BYTES", "data": ["yearly"]},
    ]
    tensors = from_mlserver(InferenceRequest(inputs=inputs).inputs)
    matrix = decode_rows(SCHEMA, KnownCodes(SCHEMA), tensors, 10).matrix
    np.testing.assert_array_equal(matrix, np.array([[12, 1, *[np.nan] * 4]], dtype=np.float32))
