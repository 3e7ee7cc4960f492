"""`make demo-drift`: the closed loop in one terminal, without a cluster, in two minutes at most.

Real are the training, the server, the drift sidecar with its tap, and all that the operator decides by: evidence,
rules, brakes, audit. Played are time (a window is a day), Kubernetes, and how soon outcomes are known.
"""

import shutil
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.encoding import encode
from churn_models.ensemble_spec import load_ensemble
from churn_models.labels.judged_rows import JudgedRows, Treatment
from churn_models.labels.report import report_on
from churn_models.scoring.scorer import load_scorer
from churn_operator.api.spec import ChurnModelSpec
from churn_operator.audit.rollout import Phase
from churn_operator.decide.actions import Freeze, Quarantine, Retrain, Thaw
from churn_operator.decide.drift.advance import advance
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.evidence_of_state import evidence_of_state
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.drift.state import DriftState
from churn_operator.decide.labels.evidence import LabelEvidence
from churn_operator.decide.labels.judge import judge_labels
from churn_training.asked_by import AskedBy
from churn_training.champion import Champion
from churn_training.datasets import Dataset
from churn_training.retraining import Retraining
from churn_training.train import train
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from support.customers import shipped_customers
from support.demo_drift_picture import ShownWindow, draw
from support.demo_drift_pod import DemoPod, started_pod
from support.demo_drift_world import SMALL, World
from support.local_stack import LocalStack
from support.operator_side import SPEC, OperatorSide

_SCRATCH = Path("build/demo-drift")
_PICTURE = _SCRATCH / "loop.png"
_ROWS = 640
_DAY = 86_400.0
_SETTINGS = DriftSettings(rows=_ROWS, max_age=7 * _DAY)
_SPEC = ChurnModelSpec.model_validate(SPEC | {"rollout": {"probation": "168h"}})
"""Longer than by default, as a window is a day here."""
_DONE = {Freeze: "FREEZE", Thaw: "THAW", Retrain: "RETRAIN", Quarantine: "ROLL BACK"}


def main() -> None:
    """Tell the story."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    shutil.rmtree(_SCRATCH, ignore_errors=True)
    with LocalStack(_SCRATCH.resolve()) as stack, ExitStack() as pods:
        Story(stack, pods).tell()
    print(f"done in {time.monotonic() - started:.0f} s; the picture is {_PICTURE}")


class Story:
    """What happens, and what is done about it."""

    def __init__(self, stack: LocalStack, pods: ExitStack) -> None:
        self._stack, self._pods = stack, pods
        _, self._schema = load_ensemble(Path("models/telco"))
        self._world = World(shipped_customers(SMALL, self._schema).raw)
        self._operator, self._windows = OperatorSide(_SPEC), list[ShownWindow]()
        self._began = time.time()
        self._before: Bundle | None = None
        self._versions = 0

    def tell(self) -> None:
        """From a first version to a bad one that is gone again."""
        world = self._world
        first = self._trained(world.known)
        self._serve(first, Phase.ENDED)
        self._while("usual customers", world.usual, lambda _: False, 3)
        self._while("charges come in cents", world.in_cents, lambda done: "FREEZE" in done, 3)
        self._while("the source is mended", world.usual, lambda done: "THAW" in done, 5)
        self._while("a rival has come", world.moved, lambda done: "RETRAIN" in done, 5)
        retraining = Retraining(asked_by=AskedBy.DRIFT, champion=Champion("1", first))
        self._serve(self._trained(world.moved_known(), retraining), Phase.ENDED)
        self._operator.end_retraining("version 2")
        self._while("version 2 answers", world.moved, lambda _: False, 3)
        print("somebody promotes a version whose outcomes were joined to the wrong customers")
        self._serve(self._trained(world.with_lost_labels()), Phase.PROBATION)
        self._while("version 3 answers", world.moved, lambda done: "ROLL BACK" in done, 3)
        self._tell_audit()
        draw(_PICTURE, self._windows)

    def _trained(self, customers: pd.DataFrame, retraining: Retraining | None = None) -> Bundle:
        self._versions += 1
        print(f"version {self._versions} is trained on {len(customers)} customers", flush=True)
        dataset = Dataset(f"version-{self._versions}", customers)
        more = (retraining,) if retraining else ()
        with (self._stack.folder / "training.log").open("a") as log, redirect_stdout(log):
            return train(SMALL, self._schema, dataset, 0, self._stack.folder / "bundles", *more).bundle

    def _serve(self, bundle: Bundle, phase: Phase) -> None:
        self._before = self._pod.bundle if self._versions > 1 else None
        self._pod: DemoPod = self._pods.enter_context(started_pod(self._stack, self._versions, bundle))
        self._operator.serve(str(self._versions), bundle.digest, self._now(), phase)
        assert self._operator.stable is not None
        self._state = DriftState(revision=self._operator.stable.identifier, digest=bundle.digest)
        self._reference, self._sent = bundle.reference(), 0
        self._ask_sidecar(self._now())
        print(f"version {self._versions} answers: {bundle.digest[:19]}", flush=True)

    def _now(self) -> str:
        """A window is a day; the operator asks twice in it."""
        moment = time.gmtime(self._began + len(self._windows) * _DAY)
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)

    def _while(
        self, story: str, customers: Callable[[int], pd.DataFrame], is_over: Callable[[set[str]], bool], most: int
    ) -> None:
        """Windows of such customers, until what was waited for is done."""
        print(f"\n{story}", flush=True)
        for _ in range(most):
            done = self._window(story, customers(_ROWS))
            if is_over(done):
                return

    def _window(self, story: str, customers: pd.DataFrame) -> set[str]:
        scores = self._pod.answer(customers)
        self._sent += len(customers)
        for now in (self._now(), self._later()):
            self._ask_sidecar(now)
        evidence = evidence_of_state(self._state, self._later())
        churned = (customers["Churn"] == "Yes").to_numpy(np.int64)
        labels = self._labels(customers, scores, churned)
        actions = self._operator.look(evidence, labels, self._later())
        done = tuple(_DONE[type(one)] for one in actions if type(one) in _DONE)
        auc = float(roc_auc_score(churned, scores))
        self._windows.append(ShownWindow(story, self._pod.version, evidence, auc, done))
        verdicts = "  ".join(f"{one} {evidence.of(one).verdict}" for one in Signal)
        print(f"  window {len(self._windows):>2}  {verdicts}  AUC {auc:.3f}  {', '.join(done) or 'nothing is done'}")
        for one in Signal:
            if evidence.of(one).verdict == "Fail":
                print(f"             {evidence.of(one).message}")
        return set(done)

    def _ask_sidecar(self, now: str) -> None:
        reports = {"telco-0": self._pod.report(self._sent)}
        self._state = advance(self._state, reports, self._reference, _SETTINGS, now)

    def _later(self) -> str:
        moment = time.gmtime(self._began + (len(self._windows) + 0.5) * _DAY)
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)

    def _labels(self, customers: pd.DataFrame, scores: Scores, churned: NDArray[np.int64]) -> LabelEvidence | None:
        """Once a version before is loaded beside the new one, both are judged by the outcomes of this window."""
        if self._before is None:
            return None
        matrix = encode(self._schema, {name: customers[name].to_numpy() for name in self._schema.names}).matrix
        rows = JudgedRows(
            made=np.full(len(scores), self._began + len(self._windows) * _DAY),
            churned=churned,
            score=scores,
            previous=load_scorer(self._before).score(matrix).ensemble,
            treatment=np.full(len(scores), Treatment.UNTOLD, dtype=np.int8),
        )
        bundle = self._pod.bundle
        said = report_on(
            rows, model="telco", digest=bundle.digest, previous=self._before.digest, new_labels=0, baseline=None
        )
        return judge_labels(said, str(self._pod.version), _DAY, None, self._later())

    def _tell_audit(self) -> None:
        print("\nthe audit trail")
        for moment, entry in self._operator.chain:
            version = f" version {entry.version}" if entry.version else ""
            print(f"  {moment}  {entry.kind:<8} {entry.action}{version}: {entry.message[:110]}")


if __name__ == "__main__":
    main()
