"""The operator's words to a worker of the stream are words that the worker's command line takes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from churn_operator.api.pod_options import PodOptions
from churn_operator.children.build_children import build_children
from churn_operator.decide.plan import Plan
from churn_operator.observe.configuration import Configuration
from churn_operator.settings import Settings
from churn_runtimes.cli import app
from churn_runtimes.stream.settings import Delivery
from support.observations import DIGESTS, model, revision
from support.stream_spec import STREAM

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")


def _taken(stream: dict[str, Any]) -> dict[str, Any]:
    """What the command line makes of the container's arguments, as the kubelet hands them over."""
    asked = model({"stream": stream, "drift": {}})
    one = replace(revision("1"), configuration=Configuration.from_spec(asked.spec, "serving:1", PodOptions()))
    plan = Plan(records=(one,), run=one, serving=one, stream=one)
    children = build_children(asked, plan, SETTINGS)
    (found,) = (child for child in children if child["kind"] == "StatefulSet")
    (container,) = found["spec"]["template"]["spec"]["containers"]
    command, *words = [word.replace("$(CHURN_POD)", "telco-stream-0") for word in container["args"]]
    return typer.main.get_group(app).commands[command].make_context(command, list(words)).params


@pytest.mark.parametrize(
    ("given", "delivery", "own"),
    [
        ("AtLeastOnce", Delivery.AT_LEAST_ONCE, None),
        ("ExactlyOnce", Delivery.EXACTLY_ONCE, "churn.telco.churn.telco-stream-0"),
    ],
)
def test_every_field_is_understood(given: str, delivery: Delivery, own: str | None) -> None:
    stream = STREAM | {"delivery": given, "outputs": ["decision"], "topReasons": 2, "credentialsSecret": "kafka"}
    taken = _taken(stream)
    assert (taken["delivery"], taken["transactional_id"]) == (delivery, own)
    assert (taken["digest"], taken["model_version"]) == (DIGESTS["1"], "1")
    assert (taken["input_topic"], taken["output"], taken["dead_letter"]) == ("customers", "scores", "customers.dead")
    assert (taken["brokers"], taken["group"]) == ("kafka.messages:9092", "churn.telco")
    assert (taken["output_value"], taken["top_reasons"]) == (["decision"], 2)
    assert (taken["credentials"], taken["tap"]) == (Path("/credentials"), "/tap/tap.sock")
