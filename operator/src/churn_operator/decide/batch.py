"""spec.batch: which bundle scores the table, and what the status says of the runs. No rule of the chain: it rolls
nothing out and is no part of Ready.
"""

from churn_operator.api.status import BatchRun, ConditionType, JobState, Reason
from churn_operator.decide.credential_hosts import denied_host, why_denied
from churn_operator.decide.fact import Fact
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed
from churn_operator.decide.scores_by import scores_by
from churn_operator.decide.verdict import Verdict
from churn_operator.names import Component
from churn_operator.observe.record import Record
from churn_operator.observe.write_result import WriteResult


def scores_tables(observed: Observed, facts: Facts, verdict: Verdict) -> Record | None:
    """The stable revision; None without spec.batch, without a stable revision, or while its record is lost."""
    if observed.model.spec.batch is None or denied_tables(observed):
        return None
    return scores_by(facts, verdict)


def denied_tables(observed: Observed) -> str | None:
    """Why its credentials must not be sent; None where nothing is in the way."""
    batch = observed.model.spec.batch
    if batch is None:
        return None
    host = denied_host(batch.credentials_secret, batch.databases, observed.credential_hosts)
    return why_denied("batch", host, observed.credential_hosts) if host else None


def last_run(observed: Observed) -> BatchRun | None:
    """The newest; what is gone from the cluster is told as before."""
    if observed.model.spec.batch is None:
        return None
    run = observed.batch.newest or observed.model.status.batch
    return run.model_copy(update={"rows": _rows(observed, run)}) if run else None


def batch_fact(observed: Observed, facts: Facts, written: WriteResult) -> Fact | None:
    """Whether the last run that has ended wrote every row, and the next one can begin; None without spec.batch."""
    if observed.model.spec.batch is None:
        return None
    kind = ConditionType.BATCH_SUCCEEDED
    if why := denied_tables(observed):
        return Fact(kind, False, Reason.DATASET_NOT_ALLOWED, why)
    if denied := written.apart.get(Component.BATCH):
        return Fact(kind, False, denied.reason, denied.message)
    told = observed.model.status.batch
    ended = observed.batch.ended or (told if told and told.ended else None)
    if ended is None:
        return _told_before(observed) or Fact(kind, None, Reason.BATCH_NOT_RUN, _why_not_yet(observed, facts))
    if ended.state == JobState.FAILED:
        return Fact(kind, False, Reason.BATCH_FAILED, f"run {ended.run}: {ended.message or 'it failed'}")
    rows = _rows(observed, ended)
    counted = "every row" if rows is None else f"{rows} rows"
    return Fact(kind, True, Reason.BATCH_SUCCEEDED, f"run {ended.run}: {counted} scored by version {ended.version}")


def _told_before(observed: Observed) -> Fact | None:
    """The last result: its Job may have gone, and status.batch tells of the next run."""
    kind = ConditionType.BATCH_SUCCEEDED
    for told in observed.model.status.conditions:
        if told.type == kind and told.reason in (Reason.BATCH_SUCCEEDED, Reason.BATCH_FAILED):
            return Fact(kind, told.status == "True", Reason(told.reason), told.message)
    return None


def _why_not_yet(observed: Observed, facts: Facts) -> str:
    if facts.stable is None:
        return "no run yet; there is no stable version to score by"
    if observed.model.spec.paused:
        return "no run yet; suspended while spec.paused is true"
    newest = observed.batch.newest
    if newest is None:
        return "no run yet"
    waits = f"; {newest.message}" if newest.message else ""
    return f"run {newest.run}: {newest.succeeded} of {newest.pods} parts are scored{waits}"


def _rows(observed: Observed, run: BatchRun) -> int | None:
    """As they were counted before the run's pods went."""
    old = observed.model.status.batch
    if run.rows is not None or old is None or (old.job, old.started) != (run.job, run.started):
        return run.rows
    return old.rows
