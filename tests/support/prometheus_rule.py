"""The alert rules as an object for Prometheus' operator, made of the file that Prometheus reads: `make manifests`."""

from pathlib import Path
from typing import Any

import yaml
from support.rendered_manifests import MANIFESTS

RULES = MANIFESTS / "monitoring" / "prometheus" / "rules.yml"
PROMETHEUS_RULE = MANIFESTS / "monitoring" / "prometheus-operator" / "prometheus-rule.yaml"


class _Dumper(yaml.SafeDumper):
    """Lists indented, as elsewhere in manifests/; long texts in one line each."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def prometheus_rule() -> str:
    """The text of the object."""
    rules: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    metadata = {
        "name": "churnserve",
        "namespace": "churnserve-system",
        "labels": {"app.kubernetes.io/part-of": "churnserve"},
    }
    item = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": metadata, "spec": rules}
    text: str = yaml.dump(item, Dumper=_Dumper, sort_keys=False, width=10_000)
    return f"# Made of ../prometheus/rules.yml by `make manifests`.\n{text}"


if __name__ == "__main__":
    Path(PROMETHEUS_RULE).write_text(prometheus_rule(), encoding="utf-8")
