"""What the operator decides is on record in the cluster, outlives the ChurnModel, and shows whoever changed it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.audit_chain import chain_paths, records, words
from support.churn_model_handle import SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.fake_status import Ending, Fate
from support.fault_proxy import Moment
from support.figures import record
from support.integration_rig import Rig, RunningOperator

_EXIT_LEASE_LOST = 75
_TAKEOVER_SECONDS = 40
_BEGUN, _SERVED = ["RolloutBegun", "RolloutBegun Applied"], ["Promoted", "Promoted Applied"]
_FOLLOWED = ["Promoted", "PreviousSet", "Promoted Applied", "PreviousSet Applied"]
"""One serves after another version."""


def _command(rig: Rig, folder: Path, *arguments: str) -> tuple[int, str, str]:
    kubeconfig = rig.server.kubeconfig(folder / "kubeconfig")
    command = [sys.executable, "-m", "churn_operator", "audit", *arguments]
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    ended = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
def served(rig: Rig, namespace: str, name: str) -> ChurnModelHandle:
    rig.champion(name)
    model = rig.create(namespace, name, serving={"replicas": 1}, rollout={"progressDeadline": "30s"})
    model.wait_ready()
    return model


def test_every_decision_is_on_record_once(rig: Rig, operator: RunningOperator, served: ChurnModelHandle) -> None:
    bad = rig.champion(served.name)
    rig.kubelet.decide(served.namespace, bad.digest, Fate(Ending.CRASHES, "boom"))
    served.nudge()
    eventually(lambda: served.status()["state"] == "Rejected", SETTLE_SECONDS)
    eventually(lambda: operator.proxy.quiet_for(1.0), SETTLE_SECONDS)
    rig.kubelet.decide(served.namespace, bad.digest, Fate())
    served.change(rollout={"retry": "please"})
    served.wait_ready(bad.digest)
    served.change(paused=True)
    eventually(lambda: served.status()["state"] == "Paused", SETTLE_SECONDS)
    served.change(paused=False)
    served.wait_ready(bad.digest)
    eventually(lambda: operator.proxy.quiet_for(1.0), SETTLE_SECONDS)
    found = records(served)
    rejected = ["Rejected", "RolledBack", "Rejected Applied", "RolledBack Applied"]
    retried = ["RetryAsked", *_BEGUN, *_FOLLOWED]
    moved = ["ChampionMoved", *_BEGUN]
    assert words(found) == [*_BEGUN, *_SERVED, *moved, *rejected, *retried, "Paused", "Resumed"]
    assert {one["who"] for one in found} == {operator.process.pod_name}
    assert found[7]["evidence"]["failure"].startswith("Crashing")
    told = [one["action"] for one in found if one["kind"] != "Outcome" and one["action"] != "PreviousSet"]
    assert [one["action"] for one in served.status()["history"]] == told[::-1][:10]
    assert sorted(_events(rig, served)) == sorted(told)


def test_the_chain_outlives_its_model_and_tells_who_changed_it(
    rig: Rig, served: ChurnModelHandle, tmp_path: Path
) -> None:
    asked = ("--namespace", served.namespace, served.name)
    rig.kube.delete(served.path)
    (path,) = chain_paths(served)
    segment = path.rpartition("/")[2]
    assert "ownerReferences" not in rig.kube.get(path)["metadata"]
    code, told, _ = _command(rig, tmp_path, "verify", *asked)
    assert (code, "all 4 records in 1 segment(s) hold" in told) == (0, True)
    code, exported, _ = _command(rig, tmp_path, "export", *asked)
    assert (code, len(exported.splitlines())) == (0, 4)
    file = tmp_path / "audit.jsonl"
    file.write_text(exported, encoding="utf-8")
    changed = rig.kube.get(path)["data"]["0000000003"].replace("every pod serves it", "it was asked for")
    rig.kube.merge(path, {"data": {"0000000003": changed}})
    code, _, error = _command(rig, tmp_path, "verify", *asked)
    assert (code, f"error: {segment}: record 3: its content has the hash" in error) == (1, True)
    rig.kube.delete(path)
    assert _command(rig, tmp_path, "verify", *asked)[0] == 2
    assert _command(rig, tmp_path, "verify", "--file", str(file))[0] == 0
    file.write_text(exported.replace("every pod serves it", "it was asked for"), encoding="utf-8")
    code, _, error = _command(rig, tmp_path, "verify", "--file", str(file))
    assert (code, f"{segment}: record 3" in error) == (1, True)


@pytest.mark.parametrize("moment", Moment)
def test_a_leader_that_was_stopped_at_its_record_does_not_act_when_it_goes_on(rig: Rig, moment: Moment) -> None:
    """Stopped before the record arrives, it is denied then: another has appended. After it, the other one acts."""
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as first, rig.standby(first) as second:
        model = rig.create(namespace, name, serving={"replicas": 1})
        model.wait_ready()
        eventually(lambda: first.proxy.quiet_for(1.0), SETTLE_SECONDS)
        before = len(records(model))
        first.proxy.stop_on_write(moment, first.process.pid, "/configmaps")
        version = rig.roll_out(model)
        eventually(lambda: not first.proxy.stop_pending, SETTLE_SECONDS)
        written = len(first.proxy.writes)
        eventually(lambda: rig.lease_holder(first.system) == second.process.pod_name, _TAKEOVER_SECONDS)
        model.wait_ready(version.digest, _TAKEOVER_SECONDS)
        eventually(lambda: second.proxy.quiet_for(1.0), SETTLE_SECONDS)
        first.proxy.let_go()
        if moment is Moment.BEFORE:
            eventually(lambda: first.proxy.refusals[-1:], SETTLE_SECONDS)
        os.kill(first.process.pid, signal.SIGCONT)
        assert first.process.wait(SETTLE_SECONDS) == _EXIT_LEASE_LOST
        actions = first.proxy.writes[written:]
        found = records(model, before)
    denied = [status for status, path in first.proxy.refusals if "/configmaps/" in path and status == 409]
    assert len(denied) == (1 if moment is Moment.BEFORE else 0)
    assert words(found) == ["ChampionMoved", *_BEGUN, *_FOLLOWED]
    appended_by = first if moment is Moment.AFTER else second
    assert [one["who"] for one in found[1:3]] == [appended_by.process.pod_name, second.process.pod_name]
    assert record("stale_leader_actions", len(actions), "writes", "<= 0").holds, actions


def _events(rig: Rig, model: ChurnModelHandle) -> list[str]:
    found = rig.kube.items(f"/api/v1/namespaces/{model.namespace}/events")
    # The API server tells of a Service of that name now and then.
    ours = [one for one in found if one["involvedObject"].get("kind") == "ChurnModel"]
    return [one["reason"] for one in ours if one["involvedObject"].get("name") == model.name]
