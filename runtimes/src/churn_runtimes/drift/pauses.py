"""How long to wait before the sidecar begins again: a fault that stays must not take the server's processor time."""

_LONGEST = 30
_WELL_SECONDS = 60.0


def next_pause(before: int, ran: float) -> int:
    """Seconds: 1, then twice the pause before, at most 30; 1 again after a run of a minute."""
    return 1 if before == 0 or ran >= _WELL_SECONDS else min(2 * before, _LONGEST)
