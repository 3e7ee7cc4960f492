"""What the loop's tests on a real cluster train from and send: a small ensemble, its data set, and requests."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec, load_ensemble
from churn_models.member_kind import MemberKind
from support.asking_users import Questions
from support.customers import shipped_customers
from support.demo_drift_world import World
from support.kubernetes_cluster import Cluster
from support.v2_client import infer_request

DATASET = "loop"
"""The table, and the ConfigMap with the ensemble."""
_FOLDER = Path("models/telco")
_ROWS, _BODIES = 4, 320
"""As many customers as ask in a window: fewer, who came again and again, would be less evidence than they look."""
ENSEMBLE = EnsembleSpec(
    name="telco",
    sample_data="telco.csv",
    combine=CombineRule.MEAN,
    members=(
        MemberSpec(
            name="random-forest", kind=MemberKind.RANDOM_FOREST, parameters={"n_estimators": 40, "max_depth": 6}
        ),
        MemberSpec(name="lightgbm", kind=MemberKind.LIGHTGBM, parameters={"n_estimators": 60, "num_leaves": 7}),
    ),
)
"""A training takes seconds; bad versions are made of its forest (`support.bad_candidates`)."""


def loop_world() -> World:
    """The customers, before and after a rival has come."""
    spec, schema = load_ensemble(_FOLDER)
    return World(shipped_customers(spec, schema).raw)


def ensemble_config_map() -> dict[str, Any]:
    """As `kubectl create configmap loop --from-file FOLDER` would make it."""
    written = ENSEMBLE.model_dump(mode="json", exclude_unset=True)
    data = {"ensemble.yaml": yaml.safe_dump(written), "schema.yaml": (_FOLDER / "schema.yaml").read_text("utf-8")}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": DATASET, "namespace": "churn"}, "data": data}


def put_into_postgresql(cluster: Cluster, customers: pd.DataFrame) -> None:
    """In place of what the table holds: `make data`, as a person would."""
    file = cluster.scratch / f"{DATASET}.csv"
    customers.to_csv(file, index=False)
    cluster.kubectl.output(["make", "data", f"CSV={file}", f"ENSEMBLE={DATASET}"])


def put_ensemble(cluster: Cluster) -> None:
    """What trainings make."""
    cluster.kubectl.run("apply", "--server-side", "-f", "-", stdin=json.dumps(ensemble_config_map()))


def questions_of(cluster: Cluster, customers: pd.DataFrame) -> Questions:
    """Requests of four of these customers each. Which version answers, and what, other tests look at."""
    starts = range(0, _ROWS * _BODIES, _ROWS)
    return Questions([infer_request(cluster.schema, customers[row : row + _ROWS]) for row in starts], {})
