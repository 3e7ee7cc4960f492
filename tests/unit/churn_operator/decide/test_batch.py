"""spec.batch: whose bundle scores, what is told of the runs, and what becomes of the CronJob."""

from dataclasses import replace
from typing import Any

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.api.status import BatchRun, ChurnModelStatus, Condition, ConditionType, Reason, State
from churn_operator.cluster.prune import is_kept
from churn_operator.decide.observed import Observed
from churn_operator.names import Component, batch_labels
from churn_operator.observe.batch import BatchRuns, jobs_of_batch, read_batch_runs
from churn_operator.observe.write_result import Denial, WriteResult
from support.observations import (
    DIGESTS,
    deployed,
    model,
    observed,
    plan_of,
    problem,
    revision,
    served,
    status_of,
    target,
)

BATCH: dict[str, Any] = {"schedule": "@daily", "input": "in.parquet", "output": "scores", "volumeClaim": "tables"}
DATABASE = BATCH | {"input": "postgresql://crm.example/crm/customers", "credentialsSecret": "crm"}
STABLE_1 = ChurnModelStatus(stable=served("1"))
CRON_JOB: Manifest = {"metadata": {"uid": "cron", "labels": batch_labels("telco")}, "kind": "CronJob"}


def _seen(batch: dict[str, Any] | None = BATCH, **changes: Any) -> Observed:
    """Version 1 is stable, with this spec.batch."""
    spec = {"paused": changes.pop("paused", False)} | ({"batch": batch} if batch else {})
    status = changes.pop("status", STABLE_1)
    return observed(**{"deployed": deployed("1"), "model": model(spec, status), **changes})


def _condition(seen: Observed) -> Condition | None:
    found = [one for one in status_of(seen).conditions if one.type == ConditionType.BATCH_SUCCEEDED]
    return found[0] if found else None


def _run(state: str = "Succeeded", **changes: Any) -> BatchRun:
    """Of last night."""
    ended = None if state == "Running" else "2026-11-23T03:16:00Z"
    told = BatchRun(
        run="20261123T0315Z",
        job="telco-batch-29923395",
        state=state,
        version="1",
        digest=DIGESTS["1"],
        started="2026-11-23T03:15:00Z",
        ended=ended,
        pods=3,
        succeeded=3 if state == "Succeeded" else 1,
        rows=7043 if state == "Succeeded" else None,
    )
    return told.model_copy(update=changes)


def test_the_stable_bundle_scores_while_another_one_is_tried() -> None:
    seen = _seen(target=target("2"), deployed=deployed("2", rolled_out=False))
    batch = plan_of(seen).batch
    assert batch is not None and batch.bundle.version == "1"


def test_a_promoted_bundle_scores_from_its_promotion_on() -> None:
    batch = plan_of(_seen(target=target("2"), deployed=deployed("2"))).batch
    assert batch is not None and batch.bundle.version == "2"


@pytest.mark.parametrize(
    ("case", "kept"),
    [
        ({"batch": None}, False),
        ({"batch": DATABASE, "credential_hosts": ("other.example",)}, False),
        ({"status": ChurnModelStatus(), "deployed": None, "target": problem(Reason.VERSION_NOT_FOUND)}, True),
        ({"records": {revision("2").identifier: revision("2")}, "target": problem(Reason.REGISTRY_UNREACHABLE)}, True),
    ],
    ids=["not asked for", "credentials would go elsewhere", "nothing is stable yet", "the stable record is lost"],
)
def test_without_a_bundle_to_score_by_nothing_is_made(case: dict[str, Any], kept: bool) -> None:
    plan = plan_of(_seen(**case))
    assert plan.batch is None
    assert is_kept(CRON_JOB, plan) is kept


def test_allowed_credentials_are_sent() -> None:
    assert plan_of(_seen(DATABASE, credential_hosts=("*.example",))).batch is not None


def test_without_spec_batch_nothing_is_told() -> None:
    seen = replace(_seen(None), batch=BatchRuns(_run(), _run()))
    assert _condition(seen) is None
    assert status_of(seen).batch is None


@pytest.mark.parametrize(
    ("case", "status", "reason", "says"),
    [
        ({}, "Unknown", Reason.BATCH_NOT_RUN, "no run yet"),
        ({"paused": True}, "Unknown", Reason.BATCH_NOT_RUN, "no run yet; suspended while spec.paused is true"),
        (
            {"status": ChurnModelStatus(), "deployed": None, "target": problem(Reason.VERSION_NOT_FOUND)},
            "Unknown",
            Reason.BATCH_NOT_RUN,
            "no run yet; there is no stable version to score by",
        ),
        (
            {"runs": BatchRuns(_run("Running", message="no room"))},
            "Unknown",
            Reason.BATCH_NOT_RUN,
            "run 20261123T0315Z: 1 of 3 parts are scored; no room",
        ),
        (
            {"runs": BatchRuns(_run(), _run())},
            "True",
            Reason.BATCH_SUCCEEDED,
            "run 20261123T0315Z: 7043 rows scored by version 1",
        ),
        (
            {"runs": BatchRuns(_run(rows=None), _run(rows=None))},
            "True",
            Reason.BATCH_SUCCEEDED,
            "run 20261123T0315Z: every row scored by version 1",
        ),
        (
            {"runs": BatchRuns(_run("Running", run="later"), _run("Failed", message="pod 1: no such column"))},
            "False",
            Reason.BATCH_FAILED,
            "run 20261123T0315Z: pod 1: no such column",
        ),
    ],
    ids=["nothing ran", "paused", "no version", "runs", "succeeded", "uncounted", "failed while the next runs"],
)
def test_the_last_run_that_ended_is_a_condition(case: dict[str, Any], status: str, reason: Reason, says: str) -> None:
    runs = case.get("runs", BatchRuns())
    seen = replace(_seen(**{name: value for name, value in case.items() if name != "runs"}), batch=runs)
    found = _condition(seen)
    assert found is not None
    assert (found.status, found.reason, found.message) == (status, reason, says)
    ready = next(one for one in status_of(seen).conditions if one.type == ConditionType.READY)
    assert ready.reason != reason


def test_denied_credentials_are_told() -> None:
    found = _condition(_seen(DATABASE))
    assert found is not None
    assert (found.status, found.reason) == ("False", Reason.DATASET_NOT_ALLOWED)
    assert "spec.batch sends credentials to crm.example" in found.message


def test_a_denied_cron_job_is_told_and_no_part_of_ready() -> None:
    denied = Denial(Reason.CHANGE_DENIED, "exceeded quota: count/cronjobs.batch=1")
    seen = replace(_seen(), batch=BatchRuns(_run(), _run()))
    status = status_of(seen, WriteResult(apart={Component.BATCH: denied}))
    told = {one.type: one for one in status.conditions}
    for kind in (ConditionType.BATCH_SUCCEEDED, ConditionType.SYNCED):
        assert (told[kind].status, told[kind].reason, told[kind].message) == ("False", denied.reason, denied.message)
    for kind, holds in ((ConditionType.READY, "True"), (ConditionType.STALLED, "False")):
        assert told[kind].status == holds
    assert status.state == State.STABLE
    assert status.batch == _run()


def test_what_has_left_the_cluster_is_told_as_before() -> None:
    told = status_of(replace(_seen(), batch=BatchRuns(_run(), _run())))
    gone = _seen(status=told)
    assert status_of(gone).batch == _run()
    assert _condition(gone) == next(one for one in told.conditions if one.type == ConditionType.BATCH_SUCCEEDED)
    uncounted = replace(_seen(status=told), batch=BatchRuns(_run(rows=None), _run(rows=None)))
    assert status_of(uncounted).batch == _run()


@pytest.mark.parametrize(
    ("last", "status"), [(_run(), "True"), (_run("Failed", message="pod 1: no such column"), "False")]
)
def test_a_result_is_told_until_the_next_one(last: BatchRun, status: str) -> None:
    seen = _seen(status=status_of(replace(_seen(), batch=BatchRuns(last, last))))
    before = _condition(seen)
    assert before is not None and before.status == status
    for _ in range(2):
        # The next run is under way, and the Job of the last one has gone by its time to live.
        seen = _seen(status=status_of(replace(seen, batch=BatchRuns(_run("Running", run="later", job="later")))))
        assert _condition(seen) == before


def test_a_denial_is_not_told_any_longer_than_it_lasts() -> None:
    denied = WriteResult(apart={Component.BATCH: Denial(Reason.CHANGE_DENIED, "exceeded quota")})
    found = _condition(_seen(status=status_of(_seen(), denied)))
    assert found is not None
    assert (found.status, found.reason) == ("Unknown", Reason.BATCH_NOT_RUN)


def _job(name: str, created: str, *conditions: dict[str, str], owner: str = "cron", **status: Any) -> Manifest:
    template = {"metadata": {"annotations": {"churnserve.dev/digest": DIGESTS["1"], "churnserve.dev/version": "1"}}}
    return {
        "metadata": {"name": name, "creationTimestamp": created, "ownerReferences": [{"uid": owner}]},
        "spec": {"completions": 2, "template": template},
        "status": {"startTime": created, "conditions": list(conditions), **status},
    }


def _end(kind: str, moment: str, message: str = "") -> dict[str, str]:
    return {"type": kind, "status": "True", "lastTransitionTime": moment, "message": message}


def _pod(job: str, index: int, code: int, message: str, moment: str = "2026-11-23T03:16:00Z") -> Manifest:
    ended = {"exitCode": code, "message": message, "finishedAt": moment}
    return {
        "metadata": {
            "name": f"{job}-{index}",
            "labels": {"batch.kubernetes.io/job-name": job},
            "annotations": {"batch.kubernetes.io/job-completion-index": str(index)},
        },
        "status": {"containerStatuses": [{"name": "score", "state": {"terminated": ended}}]},
    }


NIGHT, BEFORE = "2026-11-23T03:15:00Z", "2026-11-22T03:15:00Z"


def test_runs_are_those_of_the_cron_job() -> None:
    jobs = [
        _job("telco-batch-29923395", NIGHT, succeeded=1),
        _job("telco-batch-29921955", BEFORE, _end("Complete", "2026-11-22T03:17:00Z"), succeeded=2),
        _job("telco-train-1", "2026-11-23T11:00:00Z", _end("Failed", NIGHT), owner="model"),
    ]
    runs = read_batch_runs(jobs_of_batch(CRON_JOB, reversed(jobs)), [])
    assert runs.newest is not None and runs.ended is not None
    assert (runs.newest.run, runs.newest.state, runs.newest.succeeded) == ("20261123T0315Z", "Running", 1)
    assert (runs.ended.run, runs.ended.state, runs.ended.ended) == (
        "20261122T0315Z",
        "Succeeded",
        "2026-11-22T03:17:00Z",
    )
    assert (runs.ended.version, runs.ended.digest) == ("1", DIGESTS["1"])
    assert read_batch_runs(jobs_of_batch(None, jobs), []) == BatchRuns()


def test_a_run_whose_pods_are_denied_says_why() -> None:
    event = {"reason": "FailedCreate", "message": "exceeded quota: small", "lastTimestamp": NIGHT}
    runs = read_batch_runs([_job("telco-batch-29923395", NIGHT)], [], [event])
    assert runs.newest is not None and runs.newest.message == "exceeded quota: small"


@pytest.mark.parametrize(
    ("pods", "rows"),
    [
        ([(0, 0, '{"rows": 40}'), (1, 0, '{"rows": 2}')], 42),
        ([(0, 0, '{"rows": 40}'), (1, 137, "killed"), (1, 0, '{"rows": 2}')], 42),
        ([(0, 0, '{"rows": 40}')], None),
        ([(0, 0, '{"rows": 40}'), (1, 0, "no JSON")], None),
        ([(0, 0, '{"rows": 40}'), (1, 0, "[1]")], None),
    ],
    ids=["both pods", "one that came again", "one has gone", "other words", "another document"],
)
def test_rows_are_counted_where_every_share_tells_its_own(pods: list[tuple[int, int, str]], rows: int | None) -> None:
    job = _job("telco-batch-29923395", NIGHT, _end("Complete", NIGHT))
    runs = read_batch_runs([job], [_pod("telco-batch-29923395", *pod) for pod in pods])
    assert runs.ended is not None and runs.ended.rows == rows


def test_a_failed_run_is_told_in_the_last_words_of_its_pods() -> None:
    name = "telco-batch-29923395"
    job = _job(name, NIGHT, _end("Failed", NIGHT, "Job has failed indexes"))
    pods = [
        _pod(name, 0, 0, '{"rows": 40}', "2026-11-23T03:18:00Z"),
        _pod(name, 1, 1, "an older end"),
        _pod(name, 1, 2, "error (DataInvalid): the data set was refused\n", "2026-11-23T03:17:00Z"),
        _pod("another", 1, 2, "another Job's", "2026-11-23T03:19:00Z"),
    ]
    runs = read_batch_runs([job], pods)
    assert runs.ended is not None
    assert runs.ended.message == "pod 1: error (DataInvalid): the data set was refused"
    alone = read_batch_runs([job], [])
    assert alone.ended is not None and alone.ended.message == "Job has failed indexes"
