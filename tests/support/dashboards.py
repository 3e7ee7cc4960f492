"""The panels of Grafana's dashboards, and their PromQL with a value for each of Grafana's variables."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from support.rendered_manifests import MANIFESTS

DASHBOARDS = sorted((MANIFESTS / "monitoring" / "dashboards").glob("*.json"))


class Query(NamedTuple):
    """One line of a panel."""

    board: str
    panel: str
    expression: str

    def __str__(self) -> str:
        return f"{self.board}: {self.panel}"


def board(file: Path) -> dict[str, Any]:
    """As Grafana imports it."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def queries(file: Path, interval: str = "5m") -> Iterator[Query]:
    """Of every panel and annotation, with rates over this interval."""
    found = board(file)
    for panel in found["panels"]:
        for target in panel.get("targets", []):
            yield Query(file.stem, panel["title"], _filled_in(target["expr"], interval))
    for annotation in found["annotations"]["list"]:
        yield Query(file.stem, annotation["name"], _filled_in(annotation["expr"], interval))


def _filled_in(expression: str, interval: str) -> str:
    for variable, value in {"$__rate_interval": interval, "$namespace": ".*", "$churnmodel": ".*"}.items():
        expression = expression.replace(variable, value)
    return expression
