"""An operator that starts where everything is settled reads, and writes nothing, then or later.

`make bench-operator` runs it with 1,000 ChurnModels, which takes too long for CI.
"""

import time
from itertools import cycle
from pathlib import Path

import pytest
from support.batch_spec import BATCH
from support.churn_model_handle import ChurnModelHandle
from support.eventually import eventually
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Object

# Two cores, with two other tests beside.
_READY_SECONDS_EACH = 2.4
_READ_AGAIN_SECONDS_EACH = 0.6
_IDLE_SECONDS = 60
_MIB = 1024
_MODEL = "settled-model"

# What a user may write, the equal forms of a quantity among them: the API server keeps another text than it is sent.
SPECS: list[Object] = [
    {"serving": {"replicas": 1}},
    {"serving": {"replicas": 1, "resources": {"cpu": "0.5", "memory": "1024Mi"}}},
    {"serving": {"autoscaling": {"minReplicas": 1, "maxReplicas": 2}}, "batch": BATCH},
    {
        "serving": {"replicas": 1, "resources": {"cpu": "1000m", "memory": "1Gi"}},
        "rollout": {"progressDeadline": "90s"},
    },
    {"serving": {"replicas": 1}, "model": {"name": _MODEL, "version": "1"}},
]


def test_a_restart_with_settled_models_writes_nothing(rig: Rig, pytestconfig: pytest.Config) -> None:
    number: int = pytestconfig.getoption("--models")
    rig.champion(_MODEL)
    namespace = rig.namespace()
    with rig.operator([namespace]) as operator:
        # As in a pod, for its memory is measured.
        operator.process.stop()
        operator.process.start(imports_itself=True)
        specs = cycle(SPECS)
        models = [rig.create(namespace, rig.name(), _MODEL, **next(specs)) for _ in range(number)]
        eventually(lambda: _count_ready(rig, namespace) == number, number * _READY_SECONDS_EACH, pause=1.0)
        eventually(lambda: operator.proxy.quiet_for(3.0), number * _READY_SECONDS_EACH)
        calls = (operator.proxy.reads.total() + len(operator.proxy.writes)) / number
        memory = _resident_mib(operator.process.pid)
        operator.process.stop()
        written_before = len(operator.proxy.writes)
        operator.proxy.reads.clear()
        operator.process.start(imports_itself=True)
        eventually(lambda: _all_read(operator, models), number * _READ_AGAIN_SECONDS_EACH, pause=0.5)
        eventually(lambda: operator.proxy.quiet_for(3.0), number * _READ_AGAIN_SECONDS_EACH)
        written = operator.proxy.writes[written_before:]
        memory = max(memory, _resident_mib(operator.process.pid))
        idle_from = len(operator.proxy.writes)
        time.sleep(_IDLE_SECONDS)
        idle = len(operator.proxy.writes) - idle_from
    assert record("api_calls_per_model", calls, f"requests, {number} new ChurnModels", "<= 200").holds
    assert record(f"operator_rss_mib_{number}", memory, "MiB", "<= 300").holds
    assert record("restart_writes", len(written), "writes", "<= 0").holds, written[:5]
    assert record("idle_writes_per_min", idle, f"writes, {number} settled ChurnModels", "<= 0").holds


def _count_ready(rig: Rig, namespace: str) -> int:
    models = rig.kube.items(f"/apis/churnserve.dev/v1alpha1/namespaces/{namespace}/churnmodels")
    ready = [
        model
        for model in models
        for one in model.get("status", {}).get("conditions", [])
        if (one["type"], one["status"]) == ("Ready", "True")
    ]
    return len(ready)


def _resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    (resident,) = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(resident) / _MIB


def _all_read(operator: RunningOperator, models: list[ChurnModelHandle]) -> bool:
    return all(operator.proxy.reads[model.path] > 0 for model in models)
