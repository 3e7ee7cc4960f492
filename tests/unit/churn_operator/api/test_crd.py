"""The CRDs: in step with the types, structural, every field described."""

from pathlib import Path
from typing import Any

import pytest
from churn_operator.api.crd import churn_model_crd, drift_report_crd, write

CRDS = {"churnmodels": churn_model_crd(), "driftreports": drift_report_crd()}


@pytest.mark.parametrize("name", CRDS)
def test_the_committed_file_is_made_from_the_types(name: str, tmp_path: Path) -> None:
    write(tmp_path)
    committed = Path("manifests/crd") / f"{name}.yaml"
    assert committed.read_text() == (tmp_path / f"{name}.yaml").read_text(), "run `make manifests`"


@pytest.mark.parametrize("name", CRDS)
def test_every_field_has_a_type_and_a_description(name: str) -> None:
    schema = CRDS[name]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for part in ("spec", "status"):
        _check(schema["properties"][part], f".{part}", described=False)


def _check(schema: dict[str, Any], path: str, described: bool = True) -> None:
    # What may be a text or an object has no type; bounds of each kind of value stand for it.
    assert "type" in schema or schema["x-kubernetes-preserve-unknown-fields"], path
    assert not described or schema.get("description"), path
    # The API server refuses a CRD whose rules ask a text for its fields.
    assert "x-kubernetes-validations" not in schema or "properties" in schema, path
    if schema.get("type") == "string":
        assert schema.get("maxLength") or schema.get("enum") or schema.get("pattern"), f"{path} has no bound"
    if schema.get("type") == "array":
        assert "maxItems" in schema, f"{path} has no bound"
        _check(schema["items"], f"{path}[]", described=False)
    for name, part in schema.get("properties", {}).items():
        _check(part, f"{path}.{name}")
