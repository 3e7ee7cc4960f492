"""Where a live object differs from the wanted one."""

from typing import Any

import pytest
from churn_operator.observe.difference import first_difference, with_hash, with_what_cannot_change

WANTED = {"spec": {"replicas": 2, "ports": [{"name": "http", "port": 80}], "args": ["a", "b"]}}


@pytest.mark.parametrize(
    ("live", "place"),
    [
        pytest.param(WANTED, None, id="the same"),
        pytest.param({**WANTED, "status": {}}, None, id="more than we want"),
        pytest.param(
            {"spec": {**WANTED["spec"], "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}},
            None,
            id="defaults inside a list",
        ),
        pytest.param({"spec": {**WANTED["spec"], "replicas": 3}}, ".spec.replicas", id="a changed field"),
        pytest.param({"spec": {"ports": [], "args": []}}, ".spec.replicas", id="a missing field"),
        pytest.param({"spec": {**WANTED["spec"], "ports": []}}, ".spec.ports[http]", id="a missing item"),
        pytest.param(
            {"spec": {**WANTED["spec"], "ports": [{"name": "http", "port": 81}]}},
            ".spec.ports[http].port",
            id="an item",
        ),
        pytest.param({"spec": {**WANTED["spec"], "args": ["a"]}}, ".spec.args", id="a shorter list"),
        pytest.param({"spec": {**WANTED["spec"], "args": ["a", "c"]}}, ".spec.args[1]", id="another word in a list"),
    ],
)
def test_first_difference(live: dict[str, Any], place: str | None) -> None:
    assert first_difference(WANTED, live) == place


def test_a_field_that_is_no_longer_wanted_changes_the_hash() -> None:
    more = with_hash({"metadata": {"name": "a"}, "spec": {"x": 1, "y": 2}})
    less = with_hash({"metadata": {"name": "a"}, "spec": {"x": 1}})
    assert first_difference(less, more) is not None


@pytest.mark.parametrize(("kind", "part"), [("Job", "spec"), ("ControllerRevision", "data")])
def test_what_cannot_change_is_left_while_labels_are_restored(kind: str, part: str) -> None:
    made = with_hash({"kind": kind, "metadata": {"name": "a", "labels": {"ours": "1"}}, part: {"image": "training:1"}})
    wanted = with_hash({**made, part: {"image": "training:2"}})
    assert first_difference(with_what_cannot_change(wanted, made), made) is None
    unlabelled = {**made, "metadata": {**made["metadata"], "labels": {}}}
    restored = with_what_cannot_change(wanted, unlabelled)
    assert first_difference(restored, unlabelled) == ".metadata.labels.ours"
    assert restored[part] == {"image": "training:1"}
