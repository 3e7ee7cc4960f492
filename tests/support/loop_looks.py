"""What the loop's tests on a real cluster look at: decisions, Jobs, pods, and how long users wait."""

import time
from typing import Any

import numpy as np
from support.churn_model_watch import Seen
from support.eventually import eventually
from support.loop_fleet import LoopFleet
from support.rolled_model import Record, RolledModel
from support.user_log import UserLog


def decided(model: RolledModel, *actions: str) -> list[Record]:
    """For one of these actions, since the ChurnModel exists; without any, whatever was decided."""
    decisions = [one for one in model.records() if one.kind == "Decision"]
    return [one for one in decisions if not actions or one.action in actions]


def wait_condition(model: RolledModel, kind: str, status: str, seconds: float) -> None:
    """Until the ChurnModel has this condition."""

    def has() -> bool:
        seen = model.watch.now(model.name)
        conditions = seen.status.get("conditions", []) if seen else []
        return any((one["type"], one["status"]) == (kind, status) for one in conditions)

    eventually(has, seconds, pause=0.5)


def status_now(model: RolledModel) -> dict[str, Any]:
    """As last seen."""
    seen = model.watch.now(model.name)
    assert seen, f"{model.name} was never seen"
    return seen.status


def waiting_actions(status: dict[str, Any]) -> list[str]:
    """Names that spec.loop.approve has to give."""
    names: list[str] = (status.get("loop") or {}).get("awaitsApproval") or []
    return names


def waits_at_its_last_step(seen: Seen) -> bool:
    """For a person's yes."""
    conditions = {one["type"]: one["reason"] for one in seen.status.get("conditions", [])}
    return (seen.state, conditions.get("Reconciling")) == ("Canary", "AwaitsApproval")


def events(model: RolledModel, reason: str) -> list[str]:
    """What Kubernetes' Events of this reason say of the ChurnModel."""
    selector = f"involvedObject.kind=ChurnModel,involvedObject.name={model.name},reason={reason}"
    items = model.cluster.kubectl.get("-n", "churn", "events", "--field-selector", selector)["items"]
    return [str(one["message"]) for one in items]


def watch_users(seconds: float) -> None:
    """Let this much time pass, in which customers ask."""
    end = time.time() + seconds
    eventually(lambda: time.time() > end, 2 * seconds, pause=0.5)


def users_since(fleet: LoopFleet, name: str, moment: float) -> UserLog:
    """Those who have asked this one from that moment on."""
    return UserLog([one for one in fleet.users(name).answers if one.began >= moment], [])


def p99(users: UserLog) -> float:
    """Milliseconds that all but one in a hundred had waited at most."""
    return float(np.quantile([one.ended - one.began for one in users.answers], 0.99)) * 1000


def retraining_jobs(model: RolledModel) -> list[str]:
    """Their names; the first training's is another."""
    selector = f"churnserve.dev/model={model.name}"
    jobs = model.cluster.kubectl.get("-n", "churn", "jobs", "-l", selector)["items"]
    return [one["metadata"]["name"] for one in jobs if "-retrain-" in one["metadata"]["name"]]


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether the Service sends requests to it."""
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])


def restarts(pod: dict[str, Any], container: str) -> int:
    """Of a container of the pod."""
    containers = (*pod["status"]["initContainerStatuses"], *pod["status"]["containerStatuses"])
    return next(int(one["restartCount"]) for one in containers if one["name"] == container)


def serves(pod: dict[str, Any], version: str) -> bool:
    """Whether its server is of this version."""
    arguments: list[str] = pod["spec"]["containers"][0]["args"]
    return arguments[arguments.index("--model-version") + 1] == version
