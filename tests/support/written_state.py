"""What the operator leaves in the cluster, for the upgrade tests: a ChurnModel, its records and its Deployments.

`python tests/support/written_state.py FILE` writes what this version leaves, to be kept for the versions after it.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from churn_operator.api.churn_model import ChurnModel, parse_churn_model
from churn_operator.api.manifest import Manifest
from churn_operator.api.status import ChurnModelStatus, Reason
from churn_operator.children.build_children import build_children
from churn_operator.decide.observed import Observed
from churn_operator.names import API_VERSION
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.difference import with_hash
from churn_operator.observe.live_templates import live_templates
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.read_records import read_records
from churn_operator.settings import Settings
from support.observations import deployed, distributed, members, model, observed, plan_of, status_of, target

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
BAD = PodFailure(Reason.BUNDLE_REJECTED, "GoldenMismatch: golden row 3")
CRASHES = PodFailure(Reason.CRASHING, "server of telco-1 ended 3 times, last with Killed", 3)
DISTRIBUTED = model({"serving": {"placement": "Distributed"}})

Written = dict[str, Any]
"""churnModel, records and deployments, as the API server gives them."""


def written_by(*steps: Written) -> Written:
    """The state after one reconcile for each step; a step is what is observed then, beside what was written before."""
    left: Written = {"churnModel": as_body(model(), ChurnModelStatus()), "records": [], "deployments": []}
    for step in steps:
        seen = observe(left, **step)
        built = [with_hash(child) for child in build_children(seen.model, plan_of(seen), SETTINGS)]
        deployments = [child for child in built if child["kind"] == "Deployment"] or left["deployments"]
        records = [child for child in built if child["kind"] == "ControllerRevision"]
        body = as_body(seen.model, status_of(seen))
        left = {"churnModel": body, "records": records, "deployments": deployments}
    return left


def observe(left: Written, **changes: Any) -> Observed:
    """What today's operator reads of such a state."""
    found = parse_churn_model(left["churnModel"])
    assert isinstance(found, ChurnModel)
    found = replace(changes.pop("model", found), status=found.status)
    templates = live_templates("telco", left["deployments"])
    records = read_records(left["records"], templates, found.status)
    return observed(**{"model": found, "records": records, "templates": templates, **changes})


def as_body(one: Any, status: ChurnModelStatus) -> Manifest:
    """A ChurnModel as the API server gives it."""
    metadata = {"name": one.name, "namespace": one.namespace, "uid": one.uid, "generation": one.generation}
    spec = one.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    told = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"apiVersion": API_VERSION, "kind": "ChurnModel", "metadata": metadata, "spec": spec, "status": told}


def states() -> dict[str, Written]:
    """What this version leaves behind, by name of the case."""
    one = distributed("1")
    serving: Written = {"model": DISTRIBUTED, "members": {one.identifier: members(1)}}
    pods = Deployed(one.identifier, True, True, 2, wanted_pods=2)
    first: tuple[Written, Written] = ({}, {"deployed": deployed("1")})
    second: Written = {"deployed": deployed("1"), "target": target("2")}

    def tried(failure: PodFailure | None) -> Written:
        return {"deployed": deployed("2", False, failure), "target": target("2")}

    return {
        "settled": written_by(*first),
        "paused": written_by(*first, {"deployed": deployed("1"), "model": model({"paused": True})}),
        "mid-rollout": written_by(*first, second, tried(None)),
        "bundle-rejected": written_by(*first, second, tried(BAD), second),
        "crashing-rejected": written_by(*first, second, tried(CRASHES), second),
        "distributed": written_by({"model": DISTRIBUTED}, serving, {**serving, "deployed": pods}),
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(states(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
