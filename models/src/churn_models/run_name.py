"""What a run of batch scoring is called: the folder of its parts, and the operator's status, say the same."""

import re
from datetime import UTC, datetime, timedelta

_JOB_OF_CRON_JOB = re.compile(r".*-batch-([0-9]{8})")
"""The operator calls its CronJobs MODEL-batch, and Kubernetes puts the minute since 1970 behind that."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
"""No CronJob of ours was due before; eight digits that are a date, such as 20261127, would be a minute of 2008."""


def run_name(job: str) -> str:
    """The time that a CronJob's Job was scheduled for; any other name, such as a person gives a run, is left."""
    matched = _JOB_OF_CRON_JOB.fullmatch(job)
    due = _EPOCH + timedelta(minutes=int(matched[1])) if matched else _EPOCH
    return f"{due:%Y%m%dT%H%MZ}" if due >= _FIRST else job
