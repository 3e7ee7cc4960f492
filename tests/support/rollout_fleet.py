"""Several ChurnModels in one cluster, each under users' load, on which rollouts run side by side."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from churn_models.bundle import Bundle, open_bundle
from support.churn_model_watch import churn_model_watch
from support.columns_over_time import columns_over_time
from support.kubernetes_cluster import Cluster
from support.load_pod import asking_from_a_pod, asking_from_here
from support.registered_bundle import register_bundles
from support.rolled_model import RolledModel, Tried
from support.rollout_faults import FAULTS
from support.rollout_plan import FAULTY, HOST, ONE, asked_from_here, asked_in_the_cluster, questions, spec
from support.second_version import register_second_version
from support.user_log import UserLog, read_user_log

DIRECT = "telco-direct"
_START_SECONDS = 420
_RUN_SECONDS = 900
_Run = tuple[str, Callable[[], Tried]]


@dataclass
class Fleet:
    """While it lasts, users ask."""

    models: dict[str, RolledModel]
    versions: dict[str, str]
    """In MLflow, of each fault that has a bundle of its own."""
    from_here: Path
    from_a_pod: Path
    runs: dict[str, "Future[Tried]"] = field(default_factory=dict)

    def result(self, run: str) -> Tried:
        """Of a rollout that was begun. Raises what it has raised."""
        return self.runs[run].result(_RUN_SECONDS)

    def wait_for_all(self) -> None:
        """Whatever has become of them."""
        for run in self.runs.values():
            run.exception(_RUN_SECONDS)

    def users(self, name: str) -> UserLog:
        """Of one model: those who count; the looks at its pods are from the cluster."""
        inside = read_user_log(self.from_a_pod, name)
        return UserLog(read_user_log(self.from_here, name).answers, inside.looks) if name == HOST else inside


@contextmanager
def rollout_fleet(cluster: Cluster, scratch: Path) -> Iterator[Fleet]:
    """All models at version 1, Ready and asked. At the end telco stays, as other tests want it."""
    versions, bundles = _register(cluster, scratch)
    with ExitStack() as opened:
        watch = opened.enter_context(churn_model_watch(cluster.kubectl))
        models = {name: RolledModel(cluster, watch, name) for name in (HOST, ONE, *FAULTY)}
        for model in models.values():
            opened.callback(_leave, model)
            model.delete()
            model.apply(spec(model.name))
        for model in models.values():
            model.wait_stable("1", _START_SECONDS)
        asked = questions(cluster, bundles)
        from_here = opened.enter_context(asking_from_here(scratch, asked, asked_from_here()))
        inside = asking_from_a_pod(cluster.kubectl, scratch, asked, asked_in_the_cluster())
        from_a_pod = opened.enter_context(inside)
        for name in (HOST, DIRECT):
            opened.enter_context(columns_over_time(cluster.kubectl, name))
        fleet = Fleet(models, versions, from_here, from_a_pod)
        threads = opened.enter_context(ThreadPoolExecutor(len(models)))
        _begin(fleet, threads)
        yield fleet
        fleet.wait_for_all()


def _register(cluster: Cluster, scratch: Path) -> tuple[dict[str, str], dict[str, Bundle]]:
    """Versions of the faults' bundles, and every bundle that may answer, by version."""
    if not cluster.has_version("1"):
        cluster.kubectl.run("apply", "-f", "manifests/examples/telco.yaml")
        cluster.wait_ready(_START_SECONDS)
    if not cluster.has_version("2"):
        register_second_version(cluster)
    good = cluster.fetch("1")
    makers = {fault.name: fault.make for fault in FAULTS if fault.make}
    folders = {name: make(good, scratch / name.replace(" ", "-")) for name, make in makers.items()}
    found = dict(zip(folders, register_bundles(cluster, folders.values()), strict=True))
    never_answer = ("cut", "swapped", "hostile")
    bad = {found[name]: open_bundle(folder) for name, folder in folders.items() if name not in never_answer}
    return found, {"1": good, "2": cluster.fetch("2"), **bad}


def _begin(fleet: Fleet, threads: ThreadPoolExecutor) -> None:
    """Every model's rollouts one after the other, all models' at once."""
    runs: dict[str, list[_Run]] = {name: [] for name in fleet.models}
    for name in (HOST, ONE):
        runs[name].append((name, partial(fleet.models[name].try_version, "2", _RUN_SECONDS)))
    for fault in FAULTS:
        version = fleet.versions.get(fault.name, "")
        runs[fault.model].append((fault.name, partial(fault.run, fleet.models[fault.model], version)))
    # Last, when the others' pods have started: the serve gate compares a new pod's latency with an old one's.
    direct = partial(fleet.models[DIRECT].try_version, fleet.versions["inverted"], _RUN_SECONDS)
    runs[DIRECT].append((DIRECT, direct))
    fleet.runs = {name: Future() for one in runs.values() for name, _ in one}
    for one in runs.values():
        threads.submit(_one_after_the_other, [(fleet.runs[name], run) for name, run in one])


def _one_after_the_other(runs: list[tuple["Future[Tried]", Callable[[], Tried]]]) -> None:
    """One that fails leaves the others their turn."""
    for future, run in runs:
        try:
            future.set_result(run())
        except BaseException as error:  # the test that asks for the result raises it
            future.set_exception(error)


def _leave(model: RolledModel) -> None:
    if model.name != HOST:
        model.delete()


def fate_of(model: RolledModel, revision: str) -> str:
    """Of a revision, as its record has it."""
    selector = f"churnserve.dev/model={model.name},churnserve.dev/revision={revision}"
    (record,) = model.cluster.kubectl.get("-n", "churn", "controllerrevisions", "-l", selector)["items"]
    annotations: dict[str, Any] = record["metadata"]["annotations"]
    return str(annotations["churnserve.dev/fate"])
