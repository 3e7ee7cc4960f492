"""Prometheus' and Alertmanager's configurations, asked of promtool and amtool: valid, and leading to the right."""

from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from support.local_prometheus_image import without_discovery
from support.monitoring_tools import run_tool
from support.prometheus_rule import PROMETHEUS_RULE, prometheus_rule
from support.rendered_manifests import MANIFESTS

PROMETHEUS = MANIFESTS / "monitoring" / "prometheus"
SHIPPED = MANIFESTS / "monitoring" / "alertmanager" / "alertmanager.yml"
EXAMPLES = sorted((MANIFESTS / "examples" / "receivers").glob("*.yml"))


class Route(NamedTuple):
    """Labels of an alert, and who hears of it."""

    labels: tuple[str, ...]
    receivers: list[str]
    at_night: list[str]
    """By the example that wakes people for critical ones alone."""


MODEL = ("namespace=churn", "churnmodel=telco")
ROUTES = {
    "of a ChurnModel": Route(
        ("alertname=RolledBack", "severity=critical", *MODEL), ["operator", "people"], ["operator", "people"]
    ),
    "of a feed": Route(
        ("alertname=FeedBroken", "severity=critical", *MODEL), ["operator", "people"], ["operator", "people"]
    ),
    "not urgent": Route(
        ("alertname=ApprovalWaiting", "severity=info", *MODEL), ["operator", "people"], ["operator", "nobody"]
    ),
    "of no ChurnModel": Route(("alertname=OperatorDown", "severity=critical"), ["people"], ["people"]),
}


def test_promtool_takes_prometheus_configuration_but_for_the_discovery_that_debian_leaves_out(tmp_path: Path) -> None:
    tree, discoveries = without_discovery(yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text()), tmp_path)
    for file in discoveries:
        file.write_text("[]")
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(tree))
    (tmp_path / "rules.yml").write_text((PROMETHEUS / "rules.yml").read_text())
    code, said = run_tool("promtool", "check", "config", tmp_path / "prometheus.yml")
    assert code == 0, said
    assert "13 rules found" in said


@pytest.mark.parametrize("file", [SHIPPED, *EXAMPLES], ids=lambda file: file.name)
def test_amtool_takes_the_configuration_and_finds_the_receivers(file: Path) -> None:
    code, said = run_tool("amtool", "check-config", file)
    assert code == 0, said
    for route in ROUTES.values():
        expected = route.at_night if file.name == "pagerduty.yml" else route.receivers
        code, said = run_tool("amtool", "config", "routes", "test", f"--config.file={file}", *route.labels)
        assert (code, said.splitlines()[-1].split(",")) == (0, expected)


def test_examples_differ_from_what_is_shipped_in_people_alone() -> None:
    shipped = yaml.safe_load(SHIPPED.read_text())
    for file in EXAMPLES:
        example = yaml.safe_load(file.read_text())
        assert example["receivers"][0] == shipped["receivers"][0], file.name
        routes = [one for one in example["route"]["routes"] if one["receiver"] != "nobody"]
        assert {**example["route"], "routes": routes} == shipped["route"], file.name
    assert {file.stem for file in EXAMPLES} == {"email", "pagerduty", "slack"}


def test_nothing_secret_stands_in_a_configuration() -> None:
    for file in (SHIPPED, *EXAMPLES):
        text = file.read_text()
        for word in ("credentials: ", "auth_password: ", "api_url: ", "routing_key: ", "service_key: "):
            assert word not in text, file.name


def test_the_rules_for_prometheus_operator_are_the_same() -> None:
    assert PROMETHEUS_RULE.read_text() == prometheus_rule(), "make manifests"
