"""What a run of batch scoring is called: the folder of its parts, and the operator's status, say the same."""

import re
from datetime import UTC, datetime, timedelta

_JOB_OF_CRON_JOB = re.compile(r".*-([0-9]{8})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run_name(job: str) -> str:
    """The time of a CronJob's Job, named by the minute since 1970 that it was scheduled for; any other Job's name."""
    matched = _JOB_OF_CRON_JOB.fullmatch(job)
    return f"{_EPOCH + timedelta(minutes=int(matched[1])):%Y%m%dT%H%MZ}" if matched else job
