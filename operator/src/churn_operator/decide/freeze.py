"""Whether retraining, promotion and the clock of what is tried stand still, because the rows that come in are broken.

A freeze is what the chain tells; it ends by evidence, or by a person who says by spec.loop.freeze or by taking
spec.drift away that there shall be none. What is unknown neither begins nor ends one.
"""

from collections.abc import Sequence

from churn_operator.api.loop import Mode
from churn_operator.audit.loop import Freeze
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.observed import Observed
from churn_operator.observe.late import is_moment, seconds_between

Span = tuple[str, str]
"""From when to when."""


def why_it_thaws(observed: Observed) -> str | None:
    """Why a freeze that lasts is over now; None: it is not, or there is none."""
    if not observed.memory.loop.frozen_since:
        return None
    if observed.model.spec.drift is None:
        return "spec.drift is gone: nobody looks at the rows any more"
    if observed.model.spec.loop.freeze is Mode.OBSERVE:
        return "spec.loop.freeze is Observe: it is only recorded that rows are broken"
    if observed.drift is None or (feed := observed.drift.of(Signal.FEED)).verdict is not GateVerdict.PASS:
        return None
    return f"the rows are good again: {feed.message}"


def is_frozen(observed: Observed) -> bool:
    """Whether one lasts."""
    return bool(observed.memory.loop.frozen_since) and why_it_thaws(observed) is None


def rows_are_broken(observed: Observed) -> bool:
    """Whether scores of the rows that come in say nothing: in a freeze, and before it is decided."""
    is_alarm = observed.drift is not None and observed.drift.of(Signal.FEED).verdict is GateVerdict.FAIL
    return is_frozen(observed) or (is_alarm and observed.model.spec.drift is not None)


def labels_may_mislead(observed: Observed) -> bool:
    """Whether realised figures are of scores of broken rows: of all pods, or of one that sees other rows."""
    drift = observed.drift if observed.model.spec.drift else None
    is_odd = drift is not None and drift.of(Signal.ODD_POD).verdict is GateVerdict.FAIL
    return is_odd or rows_are_broken(observed)


def stands_still(observed: Observed) -> bool:
    """Whether the clock of what is tried does: in a pause of a person's, or in a freeze."""
    return observed.model.spec.paused or is_frozen(observed)


def unfit_spans(observed: Observed) -> tuple[Span, ...]:
    """From when to when the rows that came in were broken, oldest first; in a freeze that lasts, until now."""
    return _spans(observed.memory.loop.freezes, observed.now)


def past_unfit_spans(observed: Observed) -> tuple[Span, ...]:
    """The same of freezes that are over. They do not change while time goes on."""
    return _spans([one for one in observed.memory.loop.freezes if one.ended], "")


def _spans(freezes: Sequence[Freeze], now: str) -> tuple[Span, ...]:
    return tuple(filter(_is_span, ((one.since, one.ended or now) for one in reversed(freezes))))


def _is_span(span: Span) -> bool:
    """Nobody takes anything else, and it is remembered for long: clocks of leaders differ."""
    return all(map(is_moment, span)) and seconds_between(*span) >= 0
