"""What can be wrong with a version or its pods on a real cluster, and what the operator has to make of each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churn_models.bundle import Bundle
from support.alike_bundle import alike
from support.bad_candidates import SCORED_WRONGLY, slow
from support.eventually import eventually
from support.frozen_server import signal_server
from support.hostile.rewrite import cut, forest
from support.relist import relist
from support.rolled_model import RolledModel, Tried

_DEADLINE_SECONDS = 300
_SHORT = {"progressDeadline": "60s"}
_OTHER = {"resources": {"cpu": "60m", "memory": "640Mi"}}
_FOREST = "members/random-forest/model.skops"


@dataclass(frozen=True)
class Fault:
    """One that is tried on a ChurnModel."""

    name: str
    model: str
    reasons: tuple[str, ...]
    """One of them is what `status.rejected` says."""
    fate: str
    """Of the revision, as its record has it."""
    run: Callable[[RolledModel, str], Tried] = lambda model, version: model.try_version(version, _DEADLINE_SECONDS)
    """The version is the fault's own one in MLflow; empty where the fault is none of a bundle."""
    make: Callable[[Bundle, Path], Path] | None = None
    """The version's bundle from a good one."""


def _cut(good: Bundle, folder: Path) -> Path:
    """Shorter than its manifest says."""
    return _changed(good, folder, cut(0.5))


def _swapped(good: Bundle, folder: Path) -> Path:
    """As long as its manifest says, and another one."""
    return _changed(good, folder, lambda content: content[:-1] + bytes([content[-1] ^ 1]))


def _hostile(good: Bundle, folder: Path) -> Path:
    """Every digest fits, and a walk through its first tree would leave the tree."""
    made = _changed(good, folder, forest("left_child", 0, 500_000_000))
    relist(made)
    return made


def _changed(good: Bundle, folder: Path, change: Callable[[bytes], bytes]) -> Path:
    """The good bundle under another identity, its forest changed behind the manifest's back."""
    member = alike(good, folder) / _FOREST
    member.write_bytes(change(member.read_bytes()))
    return folder


def _verifier_hangs(model: RolledModel, _: str) -> Tried:
    """A version that is good; its verifier never gets ready."""
    since = model.change(model={"version": "2"}, rollout=_SHORT)
    (pod,) = eventually(lambda: model.pods("candidate"), 60, pause=1)
    signal_server(model.cluster.kubectl, pod, "STOP")
    return model.follow("2", since, _DEADLINE_SECONDS)


def _pod_hangs(model: RolledModel, _: str) -> Tried:
    """Another configuration, whose first pod stands still before it is ready."""
    since = model.change(model={"version": "1"}, serving=_OTHER, rollout=_SHORT)
    signal_server(model.cluster.kubectl, _new_pod(model), "STOP")
    return model.follow("1", since, _DEADLINE_SECONDS)


def _pod_crashes(model: RolledModel, _: str) -> Tried:
    """Another configuration, in which Python ends at once."""
    variables = [{"name": "PYTHONMALLOC", "value": "none"}]
    return model.try_version("1", _DEADLINE_SECONDS, pod={"env": variables}, rollout={"progressDeadline": "5m"})


def _out_of_memory(model: RolledModel, _: str) -> Tried:
    """Another configuration, in which the server has not the memory to start."""
    serving = {"resources": {"memory": "128Mi"}}
    return model.try_version("1", _DEADLINE_SECONDS, serving=serving, rollout={"progressDeadline": "5m"})


def _new_pod(model: RolledModel) -> dict[str, Any]:
    """The first of a revision that is not the stable one."""

    def find() -> list[dict[str, Any]]:
        seen = model.watch.now(model.name)
        stable = seen.status["stable"]["revision"] if seen else ""
        return [pod for pod in model.pods() if pod["metadata"]["labels"]["churnserve.dev/revision"] != stable]

    return eventually(find, 60, pause=1)[0]


_BUNDLE, _LATE = ("BundleRejected",), ("ProgressDeadlineExceeded",)
_SCORES = {
    "not finite": ("CandidateFaults",),
    "out of range": ("CandidateFaults",),
    "inverted": ("ScoresShifted",),
    "shifted": ("ScoresShifted",),
    "all equal": ("ScoresShifted",),
}

FAULTS = (
    Fault("cut", "telco-pods", _BUNDLE, "Quarantined", make=_cut),
    Fault("swapped", "telco-pods", _BUNDLE, "Quarantined", make=_swapped),
    Fault("hostile", "telco-pods", _BUNDLE, "Quarantined", make=_hostile),
    Fault("never ready", "telco-pods", _LATE, "Faulty", run=_verifier_hangs),
    Fault("out of memory", "telco-pods", ("Crashing",), "Faulty", run=_out_of_memory),
    Fault("hangs", "telco-pods", _LATE, "Faulty", run=_pod_hangs),
    Fault("crashes", "telco-pods", ("Crashing",), "Faulty", run=_pod_crashes),
    *(Fault(bad.name, "telco-scores", _SCORES[bad.name], "Quarantined", make=bad.make) for bad in SCORED_WRONGLY),
    Fault("slow", "telco-direct", ("ServesWorse",), "Faulty", make=slow),
)
"""Those of one ChurnModel follow one another."""
