"""How soon the operator is asked again: the poller's thread asks this after each question.

Soon after a question that was lost, or what is decided meanwhile would be heard late; but a few times, as whoever is
away would else be asked more often than one who is there.
"""

from churn_models.traffic import POLL_SECONDS

_LEAST_SECONDS = 0.2
"""Between the beginnings of two questions, should each answer be another word."""
_AFTER_FAILURES = (0.2, 0.5)
"""Seconds after the first and the second in a row; from then on the usual pace."""


def pause(failures: int, is_held: bool, taken: float) -> float:
    """Seconds from the end of a question, which has taken so many.

    `failures`: how many questions in a row had no answer, this one included. `is_held`: the operator said that it makes
    questions wait, so the next one may come at once.
    """
    if 0 < failures <= len(_AFTER_FAILURES):
        return _AFTER_FAILURES[failures - 1]
    if failures:
        return max(_LEAST_SECONDS, POLL_SECONDS - taken)
    # A late answer does not make the next one later.
    return max(0.0, (_LEAST_SECONDS if is_held else POLL_SECONDS) - taken)
