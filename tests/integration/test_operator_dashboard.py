"""The operator's dashboard over a real Prometheus that scrapes a real operator in a rollout: no panel is empty."""

import math
from pathlib import Path

import pytest
from support.dashboards import DASHBOARDS, queries
from support.eventually import eventually
from support.fake_serving_pods import FakeServingPods
from support.integration_rig import Rig
from support.prometheus_server import PrometheusServer
from support.rollout_stage import GOOD, RolloutStage

SECONDS = 60


def _all_shown(server: PrometheusServer, file: Path) -> bool:
    empty = [
        str(query)
        for query in queries(file, interval="1m")
        if not any(math.isfinite(float(one["value"][1])) for one in server.ask(query.expression))
    ]
    assert not empty, empty
    return True


def test_no_panel_is_empty_and_states_are_told_of_each_model(
    rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    namespace, folder = rig.namespace(), tmp_path_factory.mktemp("dashboard") / "prometheus"
    (file,) = [file for file in DASHBOARDS if file.stem == "operator"]
    with rig.operator([namespace]) as operator, FakeServingPods(rig.server, namespace, operator.system) as pods:
        stage = RolloutStage(rig, operator, namespace, pods)
        stage.set_up(operator)
        with PrometheusServer(
            folder, {"operator": (operator.process.metrics_address, {})}, honor_labels=True
        ) as server:
            model, _ = stage.serve(probation="5s")
            stage.roll_out(model, GOOD)
            stage.wait_for_state(model, "Probation")

            eventually(lambda: _all_shown(server, file), SECONDS, pause=1)
            of_model = f'namespace="{namespace}", churnmodel="{model.name}"'
            why = f'churn_decision_total{{{of_model}, action="RolloutBegun", reason="Verifying"}}'
            eventually(lambda: server.ask(why), SECONDS, pause=1)
            assert [one["value"][1] for one in server.ask(f"churn_cooldown_seconds{{{of_model}}}")] == ["0"]
            states = f'max_over_time(churn_model_state{{namespace="{namespace}", churnmodel="{model.name}"}}[5m])'
            eventually(lambda: len(server.ask(states)) > 1, SECONDS, pause=1)
            now = f'churn_model_state{{churnmodel="{model.name}"}}'
            eventually(lambda: [one["metric"]["state"] for one in server.ask(now)] == ["Stable"], SECONDS, pause=1)
