"""Grafana's dashboards and the alert rules: PromQL that parses, over metrics that our code has."""

import re
from pathlib import Path

import pytest
import yaml
from support.dashboards import DASHBOARDS, board, queries
from support.exported_metrics import exported_samples
from support.monitoring_tools import run_tool
from support.prometheus_rule import RULES

_NOT_A_METRIC = re.compile(
    r'"(?:\\.|[^"\\])*"'  # strings
    r"|\[[^\]]*\]"  # ranges
    r"|\{[^}]*\}"  # matchers
    r"|\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)"
    r"|\b(?:and|or|unless|bool|offset|sum|min|max|count|topk|bottomk)\b"
    r"|\b[a-z_]+\s*(?=\()"  # functions
)
_RULES = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
EXPRESSIONS = {
    **{str(query): query.expression for file in DASHBOARDS for query in queries(file)},
    **{f"rule {rule['alert']} {number}": rule["expr"] for number, rule in enumerate(_RULES)},
}


def _metrics(expression: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_:][\w:]*", _NOT_A_METRIC.sub(" ", expression)))


@pytest.mark.parametrize(
    ("expression", "metrics"),
    [
        ('sum by (a) (rate(x_total{b="c, d"}[5m])) or vector(0)', {"x_total"}),
        ("1 - sum(a) / on (c) group_left () sum(b)", {"a", "b"}),
        ('histogram_quantile(0.99, sum by (le) (rate(y_bucket{code=~"5..|A{2}"}[5m])))', {"y_bucket"}),
    ],
)
def test_metrics_of_an_expression(expression: str, metrics: set[str]) -> None:
    assert _metrics(expression) == metrics


def test_every_expression_parses(tmp_path: Path) -> None:
    rules = [{"record": f"panel:number{number}", "expr": text} for number, text in enumerate(EXPRESSIONS.values())]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    code, said = run_tool("promtool", "check", "rules", file)
    assert code == 0, said
    assert f"{len(EXPRESSIONS)} rules found" in said


def test_every_metric_is_one_that_our_code_has() -> None:
    exported = exported_samples()
    asked = {name: _metrics(expression) for name, expression in EXPRESSIONS.items()}
    assert all(asked.values())
    assert {name: metrics - exported for name, metrics in asked.items() if metrics - exported} == {}


def test_the_source_tells_of_every_kind_of_family() -> None:
    assert {
        "churnserve_infer_seconds_bucket",  # a collector's histogram
        "churnserve_refused_connections_total",  # a counter
        "model_infer_request_duration_sum",  # a summary
        "churn_operator_reconcile_seconds_count",  # a histogram
        "churn_model_state",  # a gauge
        "churnserve_candidate_weight",  # a collector's gauge
    } <= exported_samples()


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_imports(file: Path) -> None:
    found = board(file)
    panels = [panel for panel in found["panels"] if panel["type"] != "row"]
    assert found["uid"] == f"churnserve-{file.stem}"
    assert found["title"].startswith("ChurnServe: ")
    assert found["templating"]["list"][0]["type"] == "datasource"
    assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"])
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
