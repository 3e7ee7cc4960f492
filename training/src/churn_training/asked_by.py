"""Who or what set a training off; the command line, the Job's environment and the gate share the words."""

from enum import StrEnum


class AskedBy(StrEnum):
    """What no person asked for must be better than the champion, not merely as good."""

    PERSON = "person"
    SCHEDULE = "schedule"
    DRIFT = "drift"
