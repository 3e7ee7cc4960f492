"""kustomize adds a hash to the names of generated ConfigMaps, and to every mention of such a name in a Role."""

from itertools import chain
from pathlib import Path

import yaml
from churn_operator.names import LEASE
from support.rendered_manifests import MANIFESTS, rendered


def test_no_generated_name_is_one_that_a_role_names() -> None:
    roles = [item for item in rendered() if item["kind"] in ("Role", "ClusterRole")]
    named = set(chain.from_iterable(rule.get("resourceNames", ()) for role in roles for rule in role["rules"]))
    assert LEASE in named
    assert named.isdisjoint(_generated())


def _generated() -> set[str]:
    kustomizations = [yaml.safe_load(path.read_text()) for path in Path(MANIFESTS).rglob("kustomization.yaml")]
    return {one["name"] for found in kustomizations for one in found.get("configMapGenerator", [])}
