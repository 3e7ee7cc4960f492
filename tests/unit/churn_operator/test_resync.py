"""Each namespace is listed by itself: one that is forbidden, deleted or hangs disturbs no other and ends nothing."""

import asyncio
from collections import defaultdict
from typing import cast

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.cluster.alias_owners import AliasOwners
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.drift_report_store import DriftReportStore
from churn_operator.cluster.drift_reports import DriftReports
from churn_operator.cluster.kinds import Kind
from churn_operator.controller import Controller
from churn_operator.errors import Forbidden
from churn_operator.health import Vitals, liveness
from churn_operator.image_pace import ImagePhase
from churn_operator.loops import Loops
from churn_operator.namespaces import WatchedNamespaces
from churn_operator.reconcile import Reconciler
from churn_operator.traffic_board import TrafficBoard
from support.fake_time import run

_QUARTER_OF_AN_HOUR = 900


class FakeCluster:
    """The API server of a quarter of an hour: `forbidden` says no, `hangs` never answers, `deleted` is empty."""

    def __init__(self) -> None:
        self.models = {"good": ["a"], "forbidden": ["b"], "deleted": ["c"], "hangs": ["d"]}
        self.labelled = set(self.models)
        self.forbidden = {"forbidden"}
        self.fault: Exception | None = None
        self._owners = AliasOwners()
        self._drift = DriftReports(DriftReportStore(cast(ApiServer, self)))
        self.board = TrafficBoard()
        self.listed: dict[str, list[float]] = defaultdict(list)
        self.reconciled: dict[str, int] = defaultdict(int)

    async def list(self, kind: Kind, namespace: str = "", labels: str = "") -> list[Manifest]:
        """Namespaces, or the ChurnModels of one."""
        if kind.kind == "Namespace":
            assert labels == "churn=yes"
            return [{"metadata": {"name": name}} for name in sorted(self.labelled)]
        self.listed[namespace].append(asyncio.get_running_loop().time())
        if namespace == "hangs":
            # As long as a request may take.
            await asyncio.sleep(20)
            raise Forbidden("not in time")
        if namespace in self.forbidden:
            raise Forbidden(f'User "churn-operator" cannot list resource "churnmodels" in {namespace}')
        return [_body(namespace, name) for name in self.models.get(namespace, [])]

    @property
    def api(self) -> "FakeCluster":
        """It stands for the reconciler, too."""
        return self

    @property
    def registry(self) -> "FakeCluster":
        """It stands for the registry watch, too."""
        return self

    @property
    def trail(self) -> "FakeCluster":
        """It stands for the audit trail, too."""
        return self

    @property
    def owners(self) -> AliasOwners:
        """Of the reconciler."""
        return self._owners

    @property
    def drift(self) -> DriftReports:
        """Nobody is watched."""
        return self._drift

    @property
    def states(self) -> "FakeCluster":
        """It stands for what pods said, too."""
        return self

    def forget(self, key: tuple[str, str]) -> None:
        """Keep nothing."""

    async def reconcile(self, namespace: str, name: str) -> None:
        """Count."""
        self.reconciled[f"{namespace}/{name}"] += 1
        if self.fault:
            raise self.fault


def _body(namespace: str, name: str) -> Manifest:
    metadata = {"name": name, "namespace": namespace, "uid": name, "generation": 1}
    return {"metadata": metadata, "spec": {"model": {"name": name}}}


def _parts(cluster: FakeCluster, names: frozenset[str], selector: str | None) -> tuple[Controller, WatchedNamespaces]:
    controller = Controller(cast(Reconciler, cluster), Loops())
    return controller, WatchedNamespaces(names, selector, cast(ApiServer, cluster), controller)


def test_a_quarter_of_an_hour_beside_a_forbidden_and_a_deleted_namespace() -> None:
    cluster = FakeCluster()

    async def main() -> set[tuple[int, str]]:
        controller, namespaces = _parts(cluster, frozenset(cluster.models), None)
        controller.start()
        controller.loops.start("namespaces", namespaces.follow)
        answers = set()
        for minute in range(_QUARTER_OF_AN_HOUR // 60):
            if minute == 2:
                del cluster.models["deleted"]
            await asyncio.sleep(60)
            answers.add(liveness(Vitals(True, controller.loops.problem(), True, None)))
        assert controller.forbidden == {"forbidden", "hangs"}
        assert namespaces.insights.namespaces == {"good", "deleted"}
        cluster.forbidden.clear()
        await asyncio.sleep(20)
        assert namespaces.insights.namespaces == {"good", "deleted", "forbidden"}
        await controller.loops.stop()
        return answers

    assert run(main()) == {(200, "ok")}
    assert cluster.reconciled["good/a"] >= 3
    assert cluster.reconciled["forbidden/b"] == 1
    assert len(cluster.listed["good"]) <= 5
    gaps = [later - earlier for earlier, later in zip(cluster.listed["good"], cluster.listed["good"][1:], strict=False)]
    assert max(gaps) <= 360


def test_namespaces_come_and_go_by_their_labels() -> None:
    cluster = FakeCluster()
    cluster.labelled = {"good"}

    async def main() -> None:
        controller, namespaces = _parts(cluster, frozenset(), "churn=yes")
        controller.start()
        controller.loops.start("namespaces", namespaces.follow)
        await asyncio.sleep(10)
        assert namespaces.insights.namespaces == {"good"}
        cluster.labelled = {"deleted"}
        await asyncio.sleep(10)
        assert namespaces.insights.namespaces == {"deleted"}
        controller.queue.add(("good", "a"))
        await asyncio.sleep(10)
        await controller.loops.stop()

    run(main())
    # An event that comes late, of a namespace that is no longer watched, is let go.
    assert dict(cluster.reconciled) == {"good/a": 1, "deleted/c": 1}


@pytest.mark.parametrize("fault", [Forbidden("may not get churnmodels"), ValueError("nobody foresaw it")], ids=repr)
def test_a_model_whose_reconciles_fail_keeps_no_turn(fault: Exception) -> None:
    cluster = FakeCluster()
    cluster.fault = fault

    async def main() -> bool:
        controller, _ = _parts(cluster, frozenset({"good"}), None)
        controller.start()
        await controller.follow(frozenset({"good"}))
        await asyncio.sleep(10)
        controller.pace.note(("good", "a"), ImagePhase.MOVES)
        controller.queue.add(("good", "a"))
        await asyncio.sleep(60)
        await controller.loops.stop()
        return controller.pace.may_move(("good", "other"))

    assert run(main())
