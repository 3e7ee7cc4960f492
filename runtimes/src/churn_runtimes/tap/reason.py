"""Why rows that the server has scored are not in the drift sidecar's counts."""

from enum import StrEnum


class Reason(StrEnum):
    """Why rows are not counted."""

    QUEUE_FULL = "queue_full"  # requests bring more than the flusher's thread takes
    NO_SIDECAR = "no_sidecar"  # nobody listens at the socket
    SIDECAR_SLOW = "sidecar_slow"  # it does not read as fast as rows come, or not at all
    TAP_FAILED = "tap_failed"  # a fault of ours
    OTHER_BUNDLE = "other_bundle"  # the sidecar counts for another bundle
    GARBLED = "garbled"  # the sidecar does not understand what it is sent
