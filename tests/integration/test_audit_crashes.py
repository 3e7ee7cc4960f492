"""The operator is killed between a record and its action, and between an action and its outcome, for every decision."""

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from churn_models.names import CHALLENGER, CHAMPION
from churn_operator.audit.entry import Deed as Deeds
from churn_operator.audit.entry import Kind
from support.audit_chain import records, words
from support.churn_model_handle import ChurnModelHandle
from support.eventually import eventually
from support.fake_status import Ending, Fate
from support.fault_proxy import Moment
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Object

_SECONDS = 40
TRAINING: Object = {"dataset": "postgresql://db.example/churn/customers", "ensemble": "telco"}
_NUMBERS = count(1)


class Stage(NamedTuple):
    """Where it all happens."""

    rig: Rig
    operator: RunningOperator
    namespace: str


class Deed(NamedTuple):
    """One that the operator is led to, again and again."""

    prepare: Callable[[Stage], ChurnModelHandle]
    """A ChurnModel for which nothing is left to do."""
    begin: Callable[[Stage, ChurnModelHandle], None]
    done: Callable[[Stage, ChurnModelHandle], bool]
    writes: tuple[int, ...]
    """Which appends from then on are struck: the odd ones come before an action, the even ones after it."""


def test_a_kill_beside_any_record_ends_the_same_and_does_nothing_twice(rig: Rig) -> None:
    namespace = rig.namespace()
    with rig.operator([namespace]) as operator:
        stage = Stage(rig, operator, namespace)
        runs, wrong = 0, []
        for name, deed in DEEDS.items():
            clean = _run(stage, deed, None)
            for number in deed.writes:
                found = _run(stage, deed, number)
                runs += 1
                if found != clean:
                    wrong.append(f"{name}, record {number}: {found}, not {clean}")
    assert record("kill_runs", runs, "kills beside a record", ">= 12").holds
    assert record("kill_divergences", len(wrong), f"of {runs} kills", "<= 0").holds, "\n".join(wrong)


def _run(stage: Stage, deed: Deed, number: int | None) -> Object:
    """What has come of it: records, status and children, without what only this run has; the ChurnModel goes."""
    process, proxy = stage.operator.process, stage.operator.proxy
    model = deed.prepare(stage)
    eventually(lambda: proxy.quiet_for(1.0), _SECONDS)
    before, templates, jobs = _recorded(model), _templates(stage, model), len(model.children("Job"))
    if number is not None:
        moment = Moment.AFTER if number % 2 else Moment.BEFORE
        proxy.kill_on_write(number, moment, lambda: process.pid, "/configmaps")
    deed.begin(stage, model)
    if number is not None:
        eventually(lambda: not proxy.kill_pending, _SECONDS)
        process.wait(_SECONDS)
        read = proxy.reads[model.path]
        process.start()
        # What was done before the kill must not pass for what its follower has done.
        eventually(lambda: proxy.reads[model.path] > read, _SECONDS)
    # MLflow is asked anew after a start, and until then nothing is decided, so quiet alone does not mean the end.
    eventually(lambda: deed.done(stage, model) and not _begun(model) and proxy.quiet_for(1.0), _SECONDS)
    end = _end(stage, model, before) | {
        "templates": _templates(stage, model) - templates,
        "jobs": len(model.children("Job")) - jobs,
    }
    model.remove()
    return end


def _end(stage: Stage, model: ChurnModelHandle, before: int) -> Object:
    status = model.status()
    return {
        # An outcome may come late, after the next decision. The fake kubelet is often faster than the serve gate.
        "records": sorted(word for word in words(records(model, before)) if Deeds.SERVE_GATE_PASSED not in word),
        "state": status["state"],
        "conditions": [(one["type"], one["status"], one["reason"]) for one in status["conditions"]],
        "roles": sorted(role for role in ("stable", "candidate", "previous", "rejected") if role in status),
        "pods": len(model.pods()),
    }


def _recorded(model: ChurnModelHandle) -> int:
    return len(records(model)) if model.kube.find(model.path) else 0


def _begun(model: ChurnModelHandle) -> set[int]:
    """Decisions without an outcome."""
    found = records(model)
    return {one["sequence"] for one in found if one["kind"] == Kind.DECISION} - {one.get("of") for one in found}


def _templates(stage: Stage, model: ChurnModelHandle) -> int:
    """How many were written; whether a rolling update was held for a moment on the way counts for nothing."""
    changes = stage.rig.kubelet.template_changes
    return sum(changes[one["metadata"]["uid"]] for one in model.children("Deployment"))


def _served(stage: Stage) -> ChurnModelHandle:
    name = stage.rig.name()
    stage.rig.champion(name)
    model = stage.rig.create(stage.namespace, name, serving={"replicas": 1})
    model.wait_ready()
    return model


def _roll_out(stage: Stage, model: ChurnModelHandle) -> None:
    stage.rig.roll_out(model)


def _champion_serves(stage: Stage, model: ChurnModelHandle) -> bool:
    version = stage.rig.mlflow.alias(model.name, CHAMPION)
    return model.is_ready() and model.status()["stable"]["version"] == version


def _roll_bad_one_out(stage: Stage, model: ChurnModelHandle) -> None:
    version = stage.rig.champion(model.name)
    stage.rig.kubelet.decide(model.namespace, version.digest, Fate(Ending.CRASHES, "boom"))
    model.nudge()


def _rejected(stage: Stage, model: ChurnModelHandle) -> bool:
    status = model.status()
    return status["state"] == "Rejected" and [one["status"] for one in _available(status)] == ["True"]


def _available(status: Object) -> list[Object]:
    return [one for one in status["conditions"] if one["type"] == "Available"]


def _with_bad_one(stage: Stage) -> ChurnModelHandle:
    model = _served(stage)
    _roll_bad_one_out(stage, model)
    eventually(lambda: _rejected(stage, model) and stage.operator.proxy.quiet_for(1.0), _SECONDS)
    stage.rig.kubelet.decide(model.namespace, model.status()["rejected"]["digest"], Fate())
    return model


def _retry(stage: Stage, model: ChurnModelHandle) -> None:
    model.change(rollout={"retry": f"again-{next(_NUMBERS)}"})


def _in_training(stage: Stage) -> ChurnModelHandle:
    model = stage.rig.create(stage.namespace, stage.rig.name(), training=TRAINING)
    eventually(lambda: model.status().get("state") == "Training" and model.children("Job"), _SECONDS)
    return model


def _train_otherwise(stage: Stage, model: ChurnModelHandle) -> None:
    model.change(training={**TRAINING, "dataset": f"{TRAINING['dataset']}_{next(_NUMBERS)}"})


def _trains(stage: Stage, model: ChurnModelHandle) -> bool:
    return len(model.children("Job")) == 2 and model.status()["state"] == "Training"


def _not_there_yet(stage: Stage) -> ChurnModelHandle:
    return ChurnModelHandle(stage.rig.kube, stage.namespace, stage.rig.name())


def _create_with_challenger(stage: Stage, model: ChurnModelHandle) -> None:
    stage.rig.mlflow.set_alias(stage.rig.mlflow.register(model.name), CHALLENGER)
    stage.rig.create(model.namespace, model.name, serving={"replicas": 1})


def _pause(stage: Stage, model: ChurnModelHandle) -> None:
    model.change(paused=True)


def _is_paused(stage: Stage, model: ChurnModelHandle) -> bool:
    return bool(model.status()["state"] == "Paused")


DEEDS = {
    "a new champion": Deed(_served, _roll_out, _champion_serves, (1, 2, 3, 4)),
    "a bad champion": Deed(_served, _roll_bad_one_out, _rejected, (3, 4)),
    "a retry": Deed(_with_bad_one, _retry, _champion_serves, (1, 2)),
    "training": Deed(_in_training, _train_otherwise, _trains, (1, 2)),
    "the first challenger": Deed(_not_there_yet, _create_with_challenger, _champion_serves, (3, 4)),
    "a pause": Deed(_served, _pause, _is_paused, (1,)),
}
