"""The ChurnModels of the rollout tests, which run side by side in one cluster, and what users ask them."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from churn_models.bundle import Bundle
from churn_models.encoding import encode
from churn_models.scoring.scorer import load_scorer
from support.asking_users import Asked, Questions
from support.kubernetes_cluster import REST_URL, Cluster
from support.v2_client import infer_request

HOST, ONE = "telco", "telco-one"
"""Two and one pods; good versions are tried there. The first is asked through the ports of kind-config.yaml."""
FAULTY = ("telco-pods", "telco-scores", "telco-direct")
"""One pod each; bad versions are tried there, one after the other."""
PER_SECOND, PER_SECOND_FAULTY = 50, 10
CANDIDATE_STEPS = (5, 25, 50)

# Whole, so that a resolver has nothing to try.
_ZONE = "churn.svc.cluster.local"
_BODIES, _ROWS = 160, 4
# It is there for the looks at its pods; its users ask from outside.
_SELDOM = 1


def spec(name: str) -> dict[str, Any]:
    """Version 1 at the beginning."""
    return {
        "model": {"name": "telco", "version": "1"},
        "serving": {"replicas": 2 if name == HOST else 1, "resources": {"cpu": "50m", "memory": "640Mi"}},
        "rollout": _good_rollout() if name in (HOST, ONE) else _faulty_rollout(name),
    }


def _good_rollout() -> dict[str, Any]:
    steps = [{"weight": weight, "hold": "60s"} for weight in CANDIDATE_STEPS]
    return {"strategy": "Canary", "steps": steps, "gates": {"minPairs": 100}, "probation": "20s"}


def _faulty_rollout(name: str) -> dict[str, Any]:
    strategy = "Direct" if name == "telco-direct" else "Canary"
    # Evidence comes fast: half of ten requests a second.
    steps = [{"weight": 50, "hold": "120s"}]
    return {"strategy": strategy, "steps": steps, "gates": {"minPairs": 100}, "probation": "120s"}


def asked_from_here() -> list[Asked]:
    """By the port of this machine."""
    return [Asked(HOST, f"{REST_URL}/v2/models/{HOST}/infer", PER_SECOND)]


def asked_in_the_cluster() -> list[Asked]:
    """By their Services."""
    rates = {HOST: _SELDOM, ONE: PER_SECOND} | dict.fromkeys(FAULTY, PER_SECOND_FAULTY)
    return [
        Asked(name, f"http://{name}.{_ZONE}:8080/v2/models/{name}/infer", rate, f"{name}-peers.{_ZONE}.")
        for name, rate in rates.items()
    ]


def questions(cluster: Cluster, bundles: Mapping[str, Bundle]) -> Questions:
    """Many customers, because few that come again and again would be little evidence."""
    frame = cluster.frame(_BODIES * _ROWS)
    bodies = [infer_request(cluster.schema, frame[row : row + _ROWS]) for row in range(0, len(frame), _ROWS)]
    matrix = encode(cluster.schema, {name: frame[name].to_numpy() for name in cluster.schema.names}).matrix
    return Questions(bodies, {version: _scores(bundle, matrix) for version, bundle in bundles.items()})


def _scores(bundle: Bundle, matrix: Any) -> list[list[float | None]]:
    """Of each body; None where a user must not see the version's own."""
    scores = load_scorer(bundle).score(matrix).ensemble
    allowed = [float(score) if np.isfinite(score) and 0 <= score <= 1 else None for score in scores]
    return [allowed[row : row + _ROWS] for row in range(0, len(allowed), _ROWS)]


def as_text(value: object) -> str:
    """For messages of tests."""
    return json.dumps(value, indent=1, default=str)
