"""What is recorded of a decision of the loop, with the occasion for it: `intend` puts it among the others."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from churn_operator.audit.entry import Deed, Entry, Kind
from churn_operator.audit.loop import Occasion
from churn_operator.decide.actions import Action, Freeze, Recall, Retrain, Tell, Thaw
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed
from churn_operator.decide.verdict import Verdict

_MESSAGE = 1024


def loop_decisions(observed: Observed, facts: Facts, verdict: Verdict) -> Iterator[Entry]:
    """None where a person was told already."""
    action, message = verdict.action, verdict.message[:_MESSAGE]
    version = facts.stable.bundle.version if facts.stable else ""
    if isinstance(action, Thaw):
        key = f"{Deed.THAWED} {observed.memory.loop.frozen_since}"
        yield Entry(Kind.DECISION, Deed.THAWED, key, version, message)
    elif isinstance(action, Tell):
        if not observed.memory.loop.was_told(action.deed, action.occasion):
            yield _entry(action.deed, action.occasion, version, message)
    elif isinstance(action, Recall):
        entry = _entry(Deed.PREVIOUS_RECALLED, action.occasion, action.recalled.bundle.version, message)
        yield replace(entry, revision=action.recalled.identifier)
    elif isinstance(action, Retrain | Freeze):
        deed = Deed.RETRAINING_STARTED if isinstance(action, Retrain) else Deed.FROZEN
        yield _entry(deed, action.occasion, version, message)


def occasion_data(action: Action) -> dict[str, Any] | None:
    """Of a decision of the loop; it is what brakes and names are folded from."""
    return action.occasion.to_data() if isinstance(action, Retrain | Freeze | Recall | Tell) else None


def _entry(deed: Deed, occasion: Occasion, version: str, message: str) -> Entry:
    return Entry(Kind.DECISION, deed, f"{deed} {occasion.name}", version, message)
