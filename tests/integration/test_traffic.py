"""/traffic is the leader's alone: the Service leads to it, and nobody else says anything of any ChurnModel."""

import os
import signal
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from churn_models.traffic import Traffic
from support.eventually import eventually, seconds_until
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.probe import probe

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
