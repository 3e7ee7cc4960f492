"""The operator is killed before and after its writes, one by one; another start leads to the same end state."""

from itertools import cycle
from typing import NamedTuple

import pytest
from support.audit_chain import records, words
from support.batch_spec import BATCH
from support.churn_model_handle import ChurnModelHandle
from support.end_state import end_state
from support.eventually import eventually
from support.fault_proxy import Moment
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Object

_KILLED_SECONDS = 30
_CONVERGED_SECONDS = 90
_FOLLOWED_SECONDS = 10
_MODEL = "crash-model"
COLOCATED: Object = {"serving": {"autoscaling": {"minReplicas": 2, "maxReplicas": 3}}, "batch": BATCH}
DISTRIBUTED: Object = {"serving": {"placement": "Distributed", "members": {"quorum": 2}}}


class Case(NamedTuple):
    """One operator throughout: what starts after one kill is what the next kill hits."""

    rig: Rig
    operator: RunningOperator
    namespace: str
    spec: Object

    def create(self) -> ChurnModelHandle:
        """One more ChurnModel, of the same version as all others."""
        return self.rig.create(self.namespace, self.rig.name(), _MODEL, **self.spec)


@pytest.mark.parametrize(
    ("figure", "spec", "moments"),
    [
        pytest.param("kills_converged", COLOCATED, [tuple(Moment)], id="colocated"),
        # Each member's children are written alike, and a kill takes seconds: every other write, at one of the moments.
        pytest.param(
            "distributed_kills_converged",
            DISTRIBUTED,
            [(Moment.BEFORE,), (), (Moment.AFTER,), ()],
            id="distributed",
        ),
    ],
)
def test_a_kill_at_any_write_leads_to_the_same_end_state(
    rig: Rig, figure: str, spec: Object, moments: list[tuple[Moment, ...]]
) -> None:
    rig.champion(_MODEL)
    namespace = rig.namespace()
    with rig.operator([namespace]) as operator:
        # The oldest writes the model's aliases: what comes after it is all alike.
        rig.create(namespace, rig.name(), _MODEL).wait_ready()
        case = Case(rig, operator, namespace, spec)
        writes, clean = _clean_run(case)
        kills = [(number, one) for number, some in zip(range(1, writes + 1), cycle(moments)) for one in some]
        wrong = [
            f"{moment} write {number}: {difference}"
            for number, moment in kills
            if (difference := _difference_after_kill(case, number, moment, clean))
        ]
    converged = record(figure, len(kills) - len(wrong), f"of {len(kills)} kills", f">= {len(kills)}")
    assert converged.holds, "\n".join(wrong)


def _clean_run(case: Case) -> tuple[int, Object]:
    before = len(case.operator.proxy.writes)
    model = case.create()
    _settled_state(model, case.operator)
    # All others are compared with it, and on a busy machine it may be quiet before its last look.
    eventually(lambda: case.operator.proxy.quiet_for(5.0), _CONVERGED_SECONDS)
    state = _settled_state(model, case.operator)
    model.remove()
    return len(case.operator.proxy.writes) - before, state


def _difference_after_kill(case: Case, number: int, moment: Moment, clean: Object) -> str | None:
    process, proxy = case.operator.process, case.operator.proxy
    proxy.kill_on_write(number, moment, lambda: process.pid)
    model = case.create()
    # The fake kubelet is faster or slower from run to run: the last writes of a status may be joined in one.
    try:
        eventually(lambda: not proxy.kill_pending or _quiet_and_ready(model, case.operator), _KILLED_SECONDS)
    except AssertionError:
        return f"neither killed nor settled: {model.status()}"
    if proxy.kill_pending:
        proxy.forget_kill()
    else:
        process.wait(_KILLED_SECONDS)
        read = proxy.reads[model.path]
        process.start()
        # What was done before the kill must not pass for what its follower has done.
        eventually(lambda: proxy.reads[model.path] > read, _KILLED_SECONDS)
    return _difference(case, model, clean)


def _difference(case: Case, model: ChurnModelHandle, clean: Object) -> str | None:
    """MLflow is asked anew after a start, and until then nothing is decided: quiet alone does not mean the end."""
    try:
        eventually(lambda: _settled_state(model, case.operator) == clean, _FOLLOWED_SECONDS, pause=0.5)
    except AssertionError:
        return _first_difference(clean, _settled_state(model, case.operator))
    finally:
        model.remove()
    return None


def _settled_state(model: ChurnModelHandle, operator: RunningOperator) -> Object:
    eventually(lambda: _quiet_and_ready(model, operator), _CONVERGED_SECONDS)
    # An operator that was followed early records an outcome late, and nothing twice.
    return {**end_state(model), "audit": sorted(words(records(model)))}


def _quiet_and_ready(model: ChurnModelHandle, operator: RunningOperator) -> bool:
    return model.is_ready() and operator.proxy.quiet_for(1.0)


def _first_difference(expected: object, found: object, path: str = "") -> str:
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted({*expected, *found}):
            if expected.get(key) != found.get(key):
                return _first_difference(expected.get(key), found.get(key), f"{path}.{key}")
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for position, (one, other) in enumerate(zip(expected, found, strict=True)):
            if one != other:
                return _first_difference(one, other, f"{path}[{position}]")
    return f"{path}: {found}, not {expected}"


@pytest.mark.parametrize("pod_name", ["churn-operator-0", "churn-operator-1"], ids=["same pod", "another pod"])
def test_a_killed_operator_is_followed_by_another(rig: Rig, pod_name: str) -> None:
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as operator:
        operator.process.kill()
        operator.process.rename(pod_name)
        operator.process.start()
        rig.create(namespace, name).wait_ready()
