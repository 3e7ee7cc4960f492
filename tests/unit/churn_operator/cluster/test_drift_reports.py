"""What the operator asks drift sidecars, what it makes of silence and nonsense, and what it keeps in the cluster."""

import asyncio
from dataclasses import replace
from typing import cast

import aiohttp
import pytest
from churn_models.said import AnswerInvalid
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.drift_metrics import DriftMetrics
from churn_operator.cluster.drift_report_store import DriftReportStore
from churn_operator.cluster.drift_reports import DriftReports
from churn_operator.cluster.drift_watch import Told
from churn_operator.decide.drift.evidence import DriftEvidence, Signal
from churn_operator.decide.drift.evidence_of_state import STALE_SECONDS
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.observed import Observed
from churn_operator.observe.late import after
from churn_operator.observe.record import Fate, Record
from churn_operator.observe.sidecar_pod import PodKind, SidecarPod
from support.drift_pods import Sidecar, world
from support.drift_reports_api import DriftReportsApi
from support.observations import DIGESTS, model, observed, revision

KEY = ("churn", "telco")
START = "2026-11-28T02:00:00Z"
WORLD = world(numeric=3, categories=(3,), rows=4000)
REFERENCE = WORLD.reference.model_dump_json().encode()
DRIFT = {"window": {"rows": 500, "minRows": 100}}


class Cluster:
    """Sidecars by the address of their pods, an operator that asks them, and the time for both."""

    def __init__(self) -> None:
        self.now, self.seconds = START, 0.0
        self.api = DriftReportsApi()
        self.sidecars: dict[str, Sidecar] = {}
        self.answers: dict[str, bytes] = {}
        """What an address answers in place of a report."""
        self.references: dict[str, bytes] = {}
        """What an address answers in place of the version's."""
        self.asked: list[str] = []
        self.woken: list[tuple[str, str]] = []
        self.start_operator()

    def start_operator(self) -> None:
        """A new process, which knows what is in the cluster."""
        store = DriftReportStore(cast(ApiServer, self.api), lambda: self.seconds)
        self.reports = DriftReports(store, self._answer, lambda: self.now)
        self.reports.wake = self.woken.append

    async def _answer(self, session: aiohttp.ClientSession, url: str) -> bytes:
        address, _, path = url.removeprefix("http://").partition(":8084/")
        self.asked.append(f"{address}/{path}")
        if address in self.answers:
            return self.answers[address]
        if address not in self.sidecars:
            raise TimeoutError
        if path == "reference":
            return self.references.get(address, REFERENCE)
        return self.sidecars[address].report().model_dump_json().encode()

    def pod(self, number: int, version: str = "1", unwatched: str = "") -> SidecarPod:
        """A pod of that version, whose sidecar begins to count."""
        address = f"10.0.0.{number}"
        if not unwatched and address not in self.sidecars:
            self.sidecars[address] = Sidecar(WORLD, f"instance-{number}", self.now, DIGESTS[version])
        identifier = revision(version).identifier
        return SidecarPod(f"telco-{number}", address, identifier, unwatched=unwatched)

    def worker(self, number: int, version: str = "1") -> SidecarPod:
        """A worker of the stream of that version."""
        return replace(self.pod(number, version), name=f"telco-stream-{number}", kind=PodKind.WORKER)

    def count(self, number: int, rows: int, seed: int = 1, missing: float = 0.0) -> None:
        """Its users ask for so many rows."""
        self.sidecars[f"10.0.0.{number}"].count(WORLD.rows(rows, seed, missing))

    def look(self, *pods: SidecarPod, version: str = "1", name: str = "telco") -> Observed:
        """As a reconcile does, while that version serves."""
        records = {one.identifier: one for one in map(_served, {"1", version})}
        owners = {
            ("ControllerRevision", one.name): {"metadata": {"name": one.name, "uid": f"uid-of-{one.name}"}}
            for one in records.values()
        }
        seen = observed(model=replace(model({"drift": DRIFT}), name=name), sidecars=pods, children=owners, now=self.now)
        return self.reports.look(replace(seen, records=records))

    def evidence(self, *pods: SidecarPod, version: str = "1") -> DriftEvidence:
        """The same, what it reads."""
        found = self.look(*pods, version=version).drift
        assert found is not None
        return found

    def turn(self, seconds: float = 61.0) -> None:
        """So many seconds later the loop asks whoever is due."""
        self.now, self.seconds = after(self.now, seconds), self.seconds + seconds

        async def once() -> None:
            # This loop's clock begins anew in each test's turn; everybody is due.
            for watched in self.reports.watched.values():
                watched.due = -1.0
            await self.reports.turn()

        asyncio.run(once())


def _served(version: str) -> Record:
    return replace(revision(version), fate=Fate.SERVED, since=f"2026-11-2{version}T00:00:00Z")


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


NAME = revision("1").name


def _window(cluster: Cluster, *pods: SidecarPod, seed: int = 1, missing: float = 0.0) -> DriftEvidence:
    """One whole window of all pods."""
    for pod in pods:
        cluster.count(int(pod.address.rpartition(".")[2]), 600, seed, missing)
    cluster.turn(1.0)
    cluster.turn()
    return cluster.evidence(*pods)


def test_counts_of_all_pods_become_one_window_and_wake_the_reconcile(cluster: Cluster) -> None:
    pods = [cluster.pod(1), cluster.pod(2)]
    cluster.look(*pods)
    found = _window(cluster, *pods)
    assert (found.rows, found.digest, found.revision) == (1200, DIGESTS["1"], revision("1").identifier)
    assert found.of(Signal.FEED).verdict is GateVerdict.PASS
    assert set(cluster.woken) == {KEY}
    told = len(cluster.woken)
    cluster.turn()
    assert len(cluster.woken) == told


def test_a_full_stream_is_evidence_where_nobody_asks_by_rest(cluster: Cluster) -> None:
    pods = [cluster.pod(1), cluster.worker(2), cluster.worker(3)]
    cluster.look(*pods)
    for number in (2, 3):
        cluster.count(number, 400, seed=number)
    cluster.turn(1.0)
    cluster.turn()
    found = cluster.evidence(*pods)
    assert (found.rows, found.of(Signal.FEED).verdict) == (800, GateVerdict.PASS)


def test_a_stream_with_other_customers_is_in_the_counts_and_is_no_odd_pod(cluster: Cluster) -> None:
    pods = [cluster.pod(1), cluster.pod(2), cluster.worker(3)]
    cluster.look(*pods)
    for window in range(3):
        for number in (1, 2, 3):
            cluster.count(number, 300, seed=10 * window + number, missing=0.6 * (number == 3))
        cluster.turn(1.0)
        cluster.turn()
    found = cluster.evidence(*pods)
    assert (found.rows, found.odd_pods) == (900, ())
    assert found.of(Signal.FEED).verdict is GateVerdict.FAIL, "a third of the rows is broken"


def test_workers_that_have_yet_to_roll_count_for_their_version(cluster: Cluster) -> None:
    worker, server = cluster.worker(1), cluster.pod(2, "2")
    cluster.look(worker, server, version="2")
    cluster.count(1, 700)
    cluster.count(2, 600)
    cluster.turn(1.0)
    cluster.turn()
    assert cluster.evidence(worker, server, version="2").rows == 600
    rows = {one.record.bundle.version: one.state.windows[0].rows for one in _told(cluster) if one.state}
    assert rows == {"1": 700, "2": 600}
    cluster.look(server, cluster.worker(3, "2"), version="2")
    cluster.count(3, 500)
    cluster.turn(1.0)
    cluster.turn()
    assert {one.record.bundle.version for one in _told(cluster)} == {"2"}


def test_the_window_outlives_an_operator_though_a_worker_has_left_the_version_under_its_name(cluster: Cluster) -> None:
    server, first = cluster.pod(1, "2"), cluster.worker(2, "2")
    cluster.look(server, first, version="2")
    cluster.turn()
    # Its process of version 2 has ended, and the pod's next life is of the version before.
    held_back = replace(cluster.worker(3, "1"), name=first.name)
    cluster.look(server, held_back, version="2")
    cluster.count(1, 300)
    cluster.turn()
    cluster.start_operator()
    cluster.look(server, held_back, version="2")
    cluster.count(1, 300, seed=2)
    cluster.turn(1.0)
    cluster.turn()
    found = cluster.evidence(server, held_back, version="2")
    assert found.rows == 600
    assert cluster.api.status(revision("2").name)["lost"] == 0


def _told(cluster: Cluster) -> list[Told]:
    return list(cluster.reports.watched[KEY].revisions.values())


def test_a_worker_that_is_silent_is_named_as_a_server_is(cluster: Cluster) -> None:
    pods = [replace(cluster.pod(1), ready_since=START), replace(cluster.worker(2), ready_since=START)]
    cluster.look(*pods)
    del cluster.sidecars["10.0.0.2"]
    cluster.turn(100.0)
    cluster.turn(100.0)
    assert cluster.evidence(*pods).silent_pods == ("telco-stream-2",)


def test_a_broken_feed_is_told_of_this_model_and_to_the_others(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    found = _window(cluster, pod, missing=0.6)
    assert found.of(Signal.FEED).verdict is GateVerdict.FAIL
    assert cluster.look(name="other").broken_feeds == (KEY,)
    assert cluster.look(pod).broken_feeds == ()


def test_a_feed_of_which_nothing_is_heard_any_more_is_not_told_to_the_others(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    _window(cluster, pod, missing=0.6)
    cluster.now = after(cluster.now, STALE_SECONDS + 1)
    assert cluster.look(name="other").broken_feeds == ()


@pytest.mark.parametrize("answer", [b"", b"{}", b"\xff", b"[" * 10_000, REFERENCE], ids=["none", "{}", "x", "[", "it"])
def test_what_is_no_report_is_silence_and_the_others_are_heard(cluster: Cluster, answer: bytes) -> None:
    pods = [cluster.pod(1), cluster.pod(2), cluster.pod(3)]
    cluster.answers["10.0.0.2"] = answer
    del cluster.sidecars["10.0.0.3"]
    cluster.look(*pods)
    assert _window(cluster, pods[0]).rows == 600


def test_a_pod_whose_address_is_another_versions_by_now_counts_for_nothing(cluster: Cluster) -> None:
    cluster.sidecars["10.0.0.1"] = Sidecar(WORLD, "foreign", START, DIGESTS["2"])
    pod = cluster.pod(1)
    cluster.look(pod)
    found = _window(cluster, pod)
    assert (found.rows, found.of(Signal.FEED).verdict) == (0, GateVerdict.UNKNOWN)


def test_a_pod_whose_address_is_another_models_by_now_gives_no_reference(cluster: Cluster) -> None:
    pods = [cluster.pod(1), cluster.pod(2)]
    cluster.sidecars["10.0.0.1"] = Sidecar(WORLD, "foreign", START, DIGESTS["2"])
    cluster.references["10.0.0.1"] = world(numeric=1, categories=()).reference.model_dump_json().encode()
    cluster.look(*pods)
    assert _window(cluster, pods[1]).rows == 600


def test_a_report_without_a_time_stops_nobody_elses(cluster: Cluster) -> None:
    pods = [cluster.pod(1), cluster.pod(2)]
    cluster.sidecars["10.0.0.2"] = Sidecar(WORLD, "instance-2", "this morning", DIGESTS["1"])
    cluster.look(*pods)
    assert _window(cluster, *pods).rows == 600


def test_nobody_was_blind_before_this_operator_looked(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    first = cluster.evidence(pod).of(Signal.FEED)
    assert (first.verdict, first.since) == (GateVerdict.UNKNOWN, START)
    cluster.turn()
    assert cluster.evidence(pod).of(Signal.FEED).since == START, "it was heard, and has no rows"
    cluster.count(1, 50)
    cluster.turn()
    assert cluster.evidence(pod).of(Signal.FEED).since == after(START, 122.0), "since its rows come"
    cluster.start_operator()
    cluster.now = after(START, 3600.0)
    assert cluster.evidence(pod).of(Signal.FEED).since == cluster.now


def test_nothing_is_known_where_no_sidecar_runs_and_the_reason_is_told(cluster: Cluster) -> None:
    crashed = cluster.pod(1, unwatched="the drift sidecar of telco-1 does not run (OOMKilled)")
    found = cluster.evidence(crashed)
    assert {(one.verdict, one.message) for one in found.signals} == {(GateVerdict.UNKNOWN, crashed.unwatched)}
    assert cluster.evidence().of(Signal.INPUT).message == "no pod has a drift sidecar yet"
    # One that runs is enough.
    assert "OOMKilled" not in cluster.evidence(crashed, cluster.pod(2)).of(Signal.FEED).message


def test_silence_of_all_makes_everything_unknown_after_a_while(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    _window(cluster, pod)
    cluster.sidecars.clear()
    cluster.turn(100.0)
    assert cluster.evidence(pod).of(Signal.FEED).verdict is GateVerdict.PASS
    told = len(cluster.woken)
    cluster.turn(100.0)
    assert {one.verdict for one in cluster.evidence(pod).signals} == {GateVerdict.UNKNOWN}
    assert (cluster.evidence(pod).is_heard, len(cluster.woken)) == (False, told + 1)
    cluster.turn(100.0)
    assert len(cluster.woken) == told + 1


def test_one_silent_sidecar_among_several_is_named_after_a_while(cluster: Cluster) -> None:
    pods = [replace(cluster.pod(number), ready_since=START) for number in (1, 2)]
    cluster.look(*pods)
    _window(cluster, *pods)
    del cluster.sidecars["10.0.0.2"]
    cluster.turn(100.0)
    assert cluster.evidence(*pods).silent_pods == ()
    told = len(cluster.woken)
    cluster.turn(100.0)
    found = cluster.evidence(*pods)
    assert (found.silent_pods, found.of(Signal.FEED).verdict) == (("telco-2",), GateVerdict.PASS)
    assert len(cluster.woken) == told + 1, "the status has to say so"
    cluster.pod(2)
    cluster.turn()
    assert cluster.evidence(*pods).silent_pods == ()


def test_a_sidecar_that_does_not_run_is_named_at_once_and_one_that_starts_is_not(cluster: Cluster) -> None:
    runs, starts = cluster.pod(1), cluster.pod(2)
    del cluster.sidecars["10.0.0.2"]
    crashed = cluster.pod(3, unwatched="the drift sidecar of telco-3 does not run (OOMKilled)")
    cluster.look(runs, starts, crashed)
    cluster.turn()
    assert cluster.evidence(runs, starts, crashed).silent_pods == ("telco-3",)
    cluster.sidecars.clear()
    cluster.turn(200.0)
    assert cluster.evidence(runs, starts, crashed).silent_pods == (), "where nobody is heard, that is told instead"


def test_a_report_is_the_records_and_is_written_once_a_minute_at_most(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    for _ in range(40):
        cluster.count(1, 10)
        cluster.turn(15.0)
    assert 9 <= len(cluster.api.writes) <= 11
    report = cluster.api.reports[NAME]
    assert report["metadata"]["ownerReferences"] == [
        {"apiVersion": "apps/v1", "kind": "ControllerRevision", "name": NAME, "uid": f"uid-of-{NAME}"}
    ]
    assert report["spec"] == {"model": "telco", "revision": revision("1").identifier}
    # Nothing new is not written.
    for _ in range(40):
        cluster.turn(15.0)
    assert len(cluster.api.writes) <= 12


def test_another_operator_goes_on_in_the_middle_of_a_window(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    _window(cluster, pod)
    cluster.count(1, 300, seed=2)
    cluster.turn()
    cluster.start_operator()
    cluster.look(pod)
    cluster.count(1, 300, seed=3)
    cluster.turn()
    cluster.turn()
    assert cluster.evidence(pod).rows == 600
    assert cluster.api.status(NAME)["judged"] == 2
    assert cluster.api.status(NAME)["lost"] == 0


def test_what_was_known_is_not_begun_anew_while_it_cannot_be_read(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    _window(cluster, pod)
    cluster.start_operator()
    cluster.api.is_away = True
    cluster.look(pod)
    cluster.turn()
    assert cluster.evidence(pod).of(Signal.FEED).message == "the drift sidecars were not heard yet"
    cluster.api.is_away = False
    cluster.turn()
    assert cluster.evidence(pod).rows == 600


def test_a_report_that_somebody_has_deleted_is_made_anew(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    _window(cluster, pod)
    cluster.api.reports.clear()
    for seed in (2, 3):
        cluster.count(1, 10, seed)
        cluster.turn()
    assert cluster.api.status(NAME)["judged"] == 1


def test_a_version_that_is_followed_is_judged_by_what_it_has_and_forgotten(cluster: Cluster) -> None:
    first = cluster.pod(1)
    cluster.look(first)
    cluster.count(1, 400)
    cluster.turn()
    second = cluster.pod(2, version="2")
    found = cluster.evidence(second, version="2")
    assert found.digest == DIGESTS["2"]
    cluster.turn()
    assert cluster.api.status(NAME)["windows"][0]["rows"] == 400
    assert [told.record.bundle.version for told in cluster.reports.watched[KEY].revisions.values()] == ["2"]


def test_a_report_that_is_refused_holds_nobody_elses_up(cluster: Cluster) -> None:
    cluster.look(cluster.pod(1))
    cluster.count(1, 400)
    cluster.turn()
    second = cluster.pod(2, version="2")
    cluster.api.refused.add(NAME)
    cluster.look(second, version="2")
    for _ in range(3):
        cluster.count(2, 100)
        cluster.turn()
    assert cluster.api.status(revision("2").name)["rows"] >= 100
    assert list(cluster.reports.watched[KEY].revisions) == [revision("2").identifier]


def test_only_the_newest_reports_are_kept(cluster: Cluster) -> None:
    for number in range(9):
        name = f"telco-old-{number}"
        metadata = {"name": name, "creationTimestamp": f"2026-11-0{1 + number}T00:00:00Z"}
        cluster.api.reports[name] = {"metadata": metadata}
    pod = cluster.pod(1)
    cluster.look(pod)
    _window(cluster, pod)
    assert sorted(cluster.api.reports) == sorted([NAME, *(f"telco-old-{number}" for number in range(5, 9))])


def test_without_spec_drift_nobody_is_asked(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    seen = observed(pods=(pod,))
    assert cluster.reports.look(seen) == seen
    cluster.turn()
    assert (cluster.asked, cluster.reports.watched) == ([], {})


def test_idle_pods_are_asked_less_often(cluster: Cluster) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    paces = []
    for rows in (100, 0):
        if rows:
            cluster.count(1, rows)

        async def once() -> float:
            watched = cluster.reports.watched[KEY]
            watched.due = -1.0
            began = asyncio.get_running_loop().time()
            await cluster.reports.turn()
            return watched.due - began

        paces.append(asyncio.run(once()))
    assert paces == [pytest.approx(15, abs=2), pytest.approx(30, abs=2)]


def test_a_model_whose_reports_break_everything_does_not_stop_the_others(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = cluster.pod(1)
    cluster.look(pod)
    cluster.look(replace(pod, address="10.0.0.9"), name="worse")
    real = cluster.reports._ask

    async def ask(session: aiohttp.ClientSession, url: str) -> bytes:
        if "10.0.0.9" in url:
            raise ArithmeticError("nobody foresaw it")
        return await real(session, url)

    monkeypatch.setattr(cluster.reports, "_ask", ask)
    assert _window(cluster, pod).rows == 600


def test_prometheus_is_told_of_the_last_window_and_of_nothing_that_is_gone(cluster: Cluster) -> None:
    metrics = DriftMetrics(cluster.reports, lambda: cluster.now)
    pod = cluster.pod(1)
    cluster.look(pod)
    _window(cluster, pod, missing=0.6)
    found = {
        (one.name, *sorted(one.labels.items())): one.value for family in metrics.collect() for one in family.samples
    }
    place = (("churnmodel", "telco"), ("namespace", "churn"), ("version", "1"))

    def value(name: str, **labels: str) -> float:
        return found[name, *sorted([*place, *labels.items()])]

    assert value("churn_window_rows") == 600
    assert value("churn_drift_state", signal="Feed") == 2
    assert value("churn_missing_ratio", feature="n0") == pytest.approx(0.6, abs=0.1)
    assert value("churn_reference_info", sha256=DIGESTS["1"]) == 1
    cluster.reports.forget(KEY)
    assert not [one for family in metrics.collect() for one in family.samples]


def test_an_answer_that_is_none_is_counted_as_invalid(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(session: aiohttp.ClientSession, url: str) -> bytes:
        raise AnswerInvalid("302")

    monkeypatch.setattr(cluster.reports, "_ask", refuse)
    pod = cluster.pod(1)
    cluster.look(pod)
    cluster.turn()
    assert cluster.evidence(pod).of(Signal.FEED).verdict is GateVerdict.UNKNOWN
