"""CustomResourceDefinitions made from the types: `python -m churn_operator.api.crd FOLDER` (`make manifests`).

Pydantic's JSON Schema is turned into what Kubernetes calls structural: references inlined, no null types, every
object with its properties. `rules` of a class become CEL rules.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from churn_operator.api.base import ApiModel
from churn_operator.api.drift_report import DriftReportSpec, DriftReportStatus
from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.status import ChurnModelStatus
from churn_operator.names import GROUP, VERSION

Schema = dict[str, Any]

_KEPT = {
    "type",
    "description",
    "default",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "maxProperties",
    "required",
}


def churn_model_crd() -> Schema:
    """The CRD of ChurnModel."""
    columns = [
        _column(
            "Ready", "string", '.status.conditions[?(@.type=="Ready")].status', "Whether the stable digest answers."
        ),
        _column("State", "string", ".status.state", "Where the model is."),
        _column("Version", "string", ".status.stable.version", "The version that answers."),
        _column("Candidate", "string", ".status.candidate.version", "The version that is being tried."),
        _column("Weight", "integer", ".status.candidate.weight", "Percent of the requests that the candidate answers."),
        _column("Health", "string", ".status.loop.health", "What the evidence says of the version that answers."),
        _column("Labels", "string", ".status.loop.labels", "How old the newest label is."),
        _column("Last", "string", ".status.history[0].action", "What was decided last."),
        _column("Age", "date", ".metadata.creationTimestamp", "Since when it exists."),
        _column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', "Why it is there.", wide=True),
        _column("Model", "string", ".spec.model.name", "The registered model in MLflow.", wide=True),
        _column("Digest", "string", ".status.stable.digest", "Digest of the bundle that answers.", wide=True),
        _column("Endpoint", "string", ".status.endpoint", "Where it answers.", wide=True),
        _column(
            "Message", "string", '.status.conditions[?(@.type=="Ready")].message', "Why, in a sentence.", wide=True
        ),
    ]
    schema = _object_schema(ChurnModelSpec, ChurnModelStatus, "A churn model: one registered ensemble, served.")
    # An operator of another version may write more; what this one does not know is kept, not lost.
    schema["properties"]["status"]["x-kubernetes-preserve-unknown-fields"] = True
    schema["properties"]["status"]["properties"]["conditions"] |= {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    }
    # The Service has the ChurnModel's name, and a Service's name is a DNS label; the Job's suffix needs room too.
    schema["x-kubernetes-validations"] = [
        {
            "rule": "self.metadata.name.matches('^[a-z]([a-z0-9-]{0,40}[a-z0-9])?$')",
            "message": "the name must begin with a letter, hold only a-z, 0-9 and -, and be at most 42 long: "
            "Service and Jobs are named after it",
        }
    ]
    return _crd("ChurnModel", "churnmodels", ["chm"], schema, columns)


def drift_report_crd() -> Schema:
    """The CRD of DriftReport."""
    columns = [
        _column("Model", "string", ".spec.model", "The ChurnModel."),
        _column("Revision", "string", ".spec.revision", "The revision that the pods serve."),
        _column("Feed", "string", '.status.signals[?(@.signal=="Feed")].verdict', "Whether values arrive unbroken."),
        _column("Input", "string", '.status.signals[?(@.signal=="Input")].verdict', "Whether features have moved."),
        _column("Windows", "integer", ".status.judged", "Windows since the revision began to serve."),
        _column("Rows", "integer", ".status.rows", "Rows of the window that is not over yet."),
        _column("Age", "date", ".metadata.creationTimestamp", "Since when it exists."),
    ]
    schema = _object_schema(DriftReportSpec, DriftReportStatus, "What the drift sidecars of one revision saw.")
    schema["properties"]["status"]["x-kubernetes-preserve-unknown-fields"] = True
    return _crd("DriftReport", "driftreports", [], schema, columns)


def _crd(kind: str, plural: str, short: list[str], schema: Schema, columns: list[Schema]) -> Schema:
    names: Schema = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": plural,
        "singular": kind.lower(),
        "categories": ["all"],
    }
    if short:
        names["shortNames"] = short
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def _column(name: str, kind: str, path: str, description: str, wide: bool = False) -> Schema:
    """`wide` columns are shown by `-o wide` alone."""
    column = {"name": name, "type": kind, "jsonPath": path, "description": description}
    return column | ({"priority": 1} if wide else {})


def _object_schema(spec: type[ApiModel], status: type[ApiModel], description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural(spec),
            "status": structural(status),
        },
    }


def structural(model: type[BaseModel]) -> Schema:
    """The structural schema of one type."""
    schema = model.model_json_schema(by_alias=True)
    rules = {kind.__name__: kind.rules for kind in _descendants(ApiModel) if hasattr(kind, "rules")}
    return _inline(schema, schema.get("$defs", {}), rules)


def _descendants(base: type[ApiModel]) -> Iterator[type[ApiModel]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _descendants(kind)


def _inline(schema: Schema, definitions: dict[str, Schema], rules: dict[str, Any]) -> Schema:
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        # What the field says about itself goes before what its type says.
        return _inline(target, definitions, rules) | _kept(schema)
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option.get("type") != "null"]
        inlined = [_inline(option, definitions, rules) for option in options]
        return (inlined[0] if len(inlined) == 1 else _either(inlined)) | _kept(schema)
    result = _kept(schema)
    if result.get("type") == "integer":
        result["format"] = "int64"
    if "properties" in schema:
        result["properties"] = {name: _inline(part, definitions, rules) for name, part in schema["properties"].items()}
    if "additionalProperties" in schema and "properties" not in schema:
        result |= _map(schema["additionalProperties"], definitions, rules)
    if "items" in schema:
        result["items"] = _inline(schema["items"], definitions, rules)
    # A field has a title of its name, which may be that of a type: a text `labels` is no `Labels`.
    if "properties" in schema and (found := rules.get(schema.get("title", ""))):
        result["x-kubernetes-validations"] = [{"rule": rule, "message": message} for rule, message in found]
    return result


def _either(options: list[Schema]) -> Schema:
    """One of a text and an object. A structural schema has no choice of types, but each of these bounds one alone."""
    text, tree = sorted(options, key=lambda option: str(option["type"]), reverse=True)
    return {
        "x-kubernetes-preserve-unknown-fields": True,
        **{key: value for key, value in text.items() if key in ("pattern", "minLength", "maxLength")},
        "properties": tree["properties"],
        "required": list(tree["properties"]),
        "maxProperties": len(tree["properties"]),
        # No number lies between these, no list has so many items, and there are no other truth values.
        **{"minimum": 1, "maximum": 0},
        **{"minItems": 1, "maxItems": 0},
        "not": {"enum": [True, False]},
    }


def _map(values: Any, definitions: dict[str, Schema], rules: dict[str, Any]) -> Schema:
    if values is True:  # of any shape: somebody else checks it
        return {"x-kubernetes-preserve-unknown-fields": True}
    return {"additionalProperties": _inline(values, definitions, rules)}


def _kept(schema: Schema) -> Schema:
    return {key: _without_nulls(value) for key, value in schema.items() if key in _KEPT and value is not None}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return value


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(folder: Path) -> None:
    """One file per CRD."""
    folder.mkdir(parents=True, exist_ok=True)
    for crd in (churn_model_crd(), drift_report_crd()):
        text = "# Made from operator/src/churn_operator/api by `make manifests`; change the types instead.\n"
        text += yaml.dump(crd, Dumper=_NoAliases, sort_keys=False, width=120)
        (folder / f"{crd['spec']['names']['plural']}.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
