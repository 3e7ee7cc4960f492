"""/traffic is the leader's alone, nobody else says anything of a ChurnModel, and what is decided pods hear at once."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import urlsplit

from churn_models.traffic import Traffic
from churn_runtimes.candidate.poller import Poller
from support.audit_chain import records
from support.churn_model_handle import ChurnModelHandle
from support.eventually import eventually, seconds_until
from support.fake_serving_pods import FakeServingPods
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.probe import probe
from support.rollout_stage import NOT_FINITE, RolloutStage

_SECONDS = 40
_EXIT_LEASE_LOST = 75


class Said(NamedTuple):
    """An operator's answer."""

    status: int
    text: str


def _ask(operator: RunningOperator, namespace: str, model: str) -> Said | None:
    answer = probe(f"{operator.process.traffic_url}/{namespace}/{model}?pod=x")
    return Said(answer.status_code, answer.text) if answer else None


def _says_that_nothing_is_tried(operator: RunningOperator, namespace: str, model: str) -> bool:
    said = _ask(operator, namespace, model)
    return said is not None and said.status == 200 and Traffic.read(said.text.encode()).candidate is None


def test_a_settled_model_and_one_that_is_not_there(
    operator: RunningOperator, rig: Rig, namespace: str, name: str
) -> None:
    rig.champion(name)
    model = rig.create(namespace, name)
    model.wait_ready()
    assert _says_that_nothing_is_tried(operator, namespace, name)
    gone = _ask(operator, namespace, f"{name}-never-was")
    assert gone is not None and gone.status == 404
    rig.kube.delete(model.path)
    eventually(lambda: (said := _ask(operator, namespace, name)) and said.status == 404, _SECONDS)


def test_the_service_follows_the_lease_and_a_standby_says_nothing(rig: Rig) -> None:
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as first, rig.standby(first) as second:
        rig.create(namespace, name).wait_ready()
        eventually(lambda: rig.traffic_leads_to(first.system) == first.process.address, _SECONDS)
        heard = [_ask(second, namespace, name) for _ in range(20)]
        assert {said.status for said in heard if said} == {503}
        assert all(said and name not in said.text for said in heard)
        first.process.kill()
        followed = seconds_until(lambda: rig.traffic_leads_to(first.system) == second.process.address, _SECONDS)
        eventually(lambda: _says_that_nothing_is_tried(second, namespace, name), _SECONDS)
    # The Lease of one that was killed runs for 15 s; the candidates' weights expire after 60.
    assert record("traffic_takeover_s", followed, "s", "<= 30").holds


def test_one_that_was_stopped_and_goes_on_says_nothing_and_keeps_the_service_with_its_follower(rig: Rig) -> None:
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as first, rig.standby(first) as second:
        rig.create(namespace, name).wait_ready()
        eventually(lambda: _says_that_nothing_is_tried(first, namespace, name), _SECONDS)
        os.kill(first.process.pid, signal.SIGSTOP)
        eventually(lambda: rig.traffic_leads_to(first.system) == second.process.address, _SECONDS)
        # It waits in the queue of the stopped process, which may answer it first of all when it goes on.
        with _asking(first, namespace, name) as connection:
            os.kill(first.process.pid, signal.SIGCONT)
            said = _answer(connection)
        assert first.process.wait(_SECONDS) == _EXIT_LEASE_LOST
        assert said == b"" or said.startswith(b"HTTP/1.1 503 ")
        assert rig.traffic_leads_to(first.system) == second.process.address
        eventually(lambda: _says_that_nothing_is_tried(second, namespace, name), _SECONDS)


def _asking(operator: RunningOperator, namespace: str, model: str) -> socket.socket:
    parts = urlsplit(operator.process.traffic_url)
    connection = socket.create_connection((parts.hostname, parts.port), _SECONDS)
    connection.sendall(f"GET {parts.path}/{namespace}/{model}?pod=x HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def _answer(connection: socket.socket) -> bytes:
    """Nothing where it has found that it was followed, and is gone."""
    try:
        return connection.recv(1024)
    except ConnectionError:
        return b""


def test_a_slice_that_somebody_took_away_or_changed_is_written_again(rig: Rig) -> None:
    namespace = rig.namespace()
    with rig.operator([namespace]) as operator:
        path = f"/apis/discovery.k8s.io/v1/namespaces/{operator.system}/endpointslices/churn-operator-traffic"
        eventually(lambda: rig.traffic_leads_to(operator.system) == operator.process.address, _SECONDS)
        rig.kube.merge(path, {"endpoints": [{"addresses": ["10.9.9.9"]}]})
        eventually(lambda: rig.traffic_leads_to(operator.system) == operator.process.address, _SECONDS)
        rig.kube.delete(path)
        eventually(lambda: rig.traffic_leads_to(operator.system) == operator.process.address, _SECONDS)


def test_a_decision_is_heard_by_a_pod_that_waits_as_soon_as_it_is_on_record(rig: Rig) -> None:
    """A real pod's poller beside pods that are played, which ask as those of older versions do."""
    namespace = rig.namespace()
    with rig.operator([namespace]) as operator, FakeServingPods(rig.server, namespace, operator.system) as pods:
        stage = RolloutStage(rig, operator, namespace, pods)
        stage.set_up(operator)
        model, _ = stage.serve()
        with _polling(operator, model) as heard:
            stage.roll_out(model, NOT_FINITE)
            shifted, rejected = _on_record(model, "Shifted"), _on_record(model, "Rejected")
            eventually(lambda: heard.when(0), _SECONDS)
    # A record may be read here after the pod has heard of it.
    late = [heard.when(25) - shifted, heard.when(0) - rejected, 0.0]
    assert record("decision_heard_s", max(late), "s from a record to a pod that waits", "<= 0.5").holds, late


class _Ears:
    """In place of a server that follows."""

    def __init__(self) -> None:
        self._words: list[tuple[float, Traffic]] = []

    def hear(self, traffic: Traffic) -> None:
        """What the poller has heard."""
        self._words.append((time.monotonic(), traffic))

    def when(self, weight: int) -> float:
        """The weight was heard first after another one; 0.0: it was not yet."""
        words = list(self._words)
        turns = (at for (_, before), (at, word) in pairwise(words) if before.weight != weight == word.weight)
        return next(turns, 0.0)


@contextmanager
def _polling(operator: RunningOperator, model: ChurnModelHandle) -> Iterator[_Ears]:
    ears = _Ears()
    poller = Poller(f"{operator.process.traffic_url}/{model.namespace}/{model.name}", ears)
    poller.start()
    try:
        yield ears
    finally:
        poller.stop()


def _on_record(model: ChurnModelHandle, action: str) -> float:
    """When such a decision is there to be read."""
    eventually(lambda: any(one["action"] == action for one in records(model)), 2 * _SECONDS, pause=0.01)
    return time.monotonic()
