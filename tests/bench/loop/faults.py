"""Eight faults put into a quiet stretch of a stream, and what the operator ought to do about each: scored by action.

Freezing is right where the feed is broken. One odd pod is named and nothing else is done. A campaign falsifies labels
and a candidate that scores otherwise in traffic than in training is taken back; neither asks for another training.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from bench.loop.late_labels import Labels
from bench.loop.ours import OurLoop
from bench.loop.stream import Stream, Window
from bench.loop.traffic import Traffic
from bench.loop.workshop import Model, Workshop
from churn_models.labels.judged_rows import Treatment
from churn_operator.audit.entry import Deed
from churn_operator.decide.actions import Action, Freeze, Recall, Retrain, RollBack, Tell
from support.operator_side import SPEC

BEGINS = 6
"""Quiet windows before a fault."""
LASTS = 8
"""Windows of it."""
SOON = 3
"""Windows in which the right action has to come."""
_SPEC = SPEC | {"loop": SPEC["loop"] | {"retrainEvery": "0s"}}
"""Time alone would ask for a training sooner or later, fault or not."""
_NEW_CATEGORY = 0.3
_TREATED = 0.1
_SAVED = 0.4
_FEATURES = 3

Change = Callable[[Traffic, int], Traffic]
"""Of the feature at a position."""


class Fault(StrEnum):
    """What happens."""

    DEAD = "dead"  # no values any more
    CONSTANT = "constant"  # the same value again and again
    TIMES_100 = "x100"  # another unit
    SWAPPED = "swapped categories"  # the two commonest have each other's names
    ONE_POD = "one pod"  # another unit, in one of four pods
    NEW_CATEGORY = "new category"  # a word that training has not seen
    CAMPAIGN = "campaign"  # customers with the highest scores are acted upon, and many stay
    SKEW = "skew"  # a candidate that scores rows in traffic otherwise than in training


class Deeds(StrEnum):
    """What was done, in the words that the fault is scored by."""

    FREEZE = "Freeze"
    TELL_ODD_POD = "PodIsOdd"
    REJECT = "Rejected"
    RETRAIN = "Retrain"
    ROLL_BACK = "RollBack"
    OTHER = "Other"


RIGHT: dict[Fault, Deeds | None] = {
    Fault.DEAD: Deeds.FREEZE,
    Fault.CONSTANT: Deeds.FREEZE,
    Fault.TIMES_100: Deeds.FREEZE,
    Fault.SWAPPED: Deeds.FREEZE,
    Fault.ONE_POD: Deeds.TELL_ODD_POD,
    Fault.NEW_CATEGORY: Deeds.FREEZE,
    Fault.CAMPAIGN: None,
    Fault.SKEW: Deeds.REJECT,
}
WRONG = (Deeds.RETRAIN, Deeds.ROLL_BACK)
"""Whatever the fault is."""


@dataclass(frozen=True)
class Case:
    """One fault in one feature; a campaign and a skew are of none."""

    fault: Fault
    feature: str


@dataclass(frozen=True)
class Answered:
    """What the operator did from the fault's begin on: window, counted from it, and deed."""

    case: Case
    deeds: tuple[tuple[int, Deeds], ...]

    @property
    def is_right(self) -> bool:
        """The right action soon, or nothing where nothing is right; and nothing wrong ever."""
        if self.wrong:
            return False
        wanted = RIGHT[self.case.fault]
        done = [deed for number, deed in self.deeds if deed is not Deeds.OTHER and (wanted is None or number < SOON)]
        return not done if wanted is None else wanted in done

    @property
    def wrong(self) -> int:
        """Retrainings and rollbacks."""
        return sum(deed in WRONG for _, deed in self.deeds)

    @property
    def retrained(self) -> int:
        """Trainings that were asked for while the fault lasted."""
        return sum(deed is Deeds.RETRAIN for _, deed in self.deeds)


def cases(workshop: Workshop) -> Iterator[Case]:
    """Each fault in the features that the first model uses most, as many as there are of a fitting kind."""
    loop = OurLoop(workshop)
    by_use = sorted(loop.reference.features.items(), key=lambda one: -one[1].importance.mean)
    numbers = [name for name, one in by_use if one.kind == "numeric" and one.importance.used][:_FEATURES]
    words = [name for name, one in by_use if one.kind == "categorical" and one.importance.used][:_FEATURES]
    fitting = {
        Fault.TIMES_100: numbers,
        Fault.ONE_POD: numbers,
        Fault.SWAPPED: words,
        Fault.NEW_CATEGORY: words,
        Fault.CAMPAIGN: [""],
        Fault.SKEW: [""],
    }
    for fault in Fault:
        yield from (Case(fault, name) for name in fitting.get(fault, [name for name, _ in by_use][:_FEATURES]))


def is_quiet(workshop: Workshop) -> bool:
    """Whether nothing is done without a fault, in the stretch that faults are put into."""
    windows = list(workshop.stream.windows())[: BEGINS + LASTS]
    loop = OurLoop(workshop, spec=_SPEC)
    return len(windows) == BEGINS + LASTS and not any([loop.after(window) for window in windows])


def inject(workshop: Workshop, case: Case) -> Answered:
    """Quiet windows, then the fault."""
    stream = workshop.stream
    windows = list(stream.windows())[: BEGINS + LASTS]
    labels = _campaign(stream, workshop.first(), windows) if case.fault is Fault.CAMPAIGN else None
    loop = OurLoop(workshop, labels, _SPEC)
    position = stream.data.schema.names.index(case.feature) if case.feature else 0
    deeds: list[tuple[int, Deeds]] = []
    for window in windows:
        number = window.number - BEGINS
        if number == 0 and case.fault is Fault.SKEW:
            _begin_skewed(loop, windows[BEGINS - 1])
        traffic = Traffic.of(stream, window)
        if number >= 0 and case.fault in CHANGES:
            traffic = CHANGES[case.fault](traffic, position)
        before = len(loop.operator.chain)
        done = loop.after(window, traffic)
        recorded = [entry.action for _, entry in loop.operator.chain[before:]]
        if number >= 0:
            deeds += [(number, deed) for deed in (*map(_deed, done), *_rejections(recorded))]
    return Answered(case, tuple(deeds))


def _deed(action: Action) -> Deeds:
    if isinstance(action, Tell) and action.deed is Deed.POD_IS_ODD:
        return Deeds.TELL_ODD_POD
    kinds = {Freeze: Deeds.FREEZE, Retrain: Deeds.RETRAIN, RollBack: Deeds.ROLL_BACK, Recall: Deeds.ROLL_BACK}
    return kinds.get(type(action), Deeds.OTHER)


def _rejections(recorded: list[str]) -> list[Deeds]:
    return [Deeds.REJECT] if Deed.REJECTED in recorded else []


def _dead(traffic: Traffic, position: int) -> Traffic:
    return traffic.changed(position, np.full(len(traffic.matrix), np.nan, dtype=np.float32))


def _constant(traffic: Traffic, position: int) -> Traffic:
    known = traffic.matrix[:, position]
    known = known[~np.isnan(known)]
    return traffic.changed(position, np.full(len(traffic.matrix), np.sort(known)[len(known) // 2]))


def _times_100(traffic: Traffic, position: int) -> Traffic:
    return traffic.changed(position, traffic.matrix[:, position] * np.float32(100))


def _one_pod(traffic: Traffic, position: int) -> Traffic:
    column = traffic.matrix[:, position]
    return traffic.changed(position, np.where(traffic.pod == 0, column * np.float32(100), column))


def _swapped(traffic: Traffic, position: int) -> Traffic:
    column = traffic.matrix[:, position]
    counts = np.bincount(column[~np.isnan(column)].astype(np.int64))
    first, second = np.argsort(-counts)[:2] if len(counts) > 1 else (0, 0)
    exchanged = np.where(column == first, second, np.where(column == second, first, column))
    return traffic.changed(position, exchanged.astype(np.float32))


def _new_category(traffic: Traffic, position: int) -> Traffic:
    is_new = np.arange(len(traffic.matrix)) % 10 < 10 * _NEW_CATEGORY
    column = np.where(is_new, np.float32(np.nan), traffic.matrix[:, position])
    return traffic.changed(position, column, is_new | traffic.unseen[:, position])


CHANGES: dict[Fault, Change] = {
    Fault.DEAD: _dead,
    Fault.CONSTANT: _constant,
    Fault.TIMES_100: _times_100,
    Fault.ONE_POD: _one_pod,
    Fault.SWAPPED: _swapped,
    Fault.NEW_CATEGORY: _new_category,
}


def _campaign(stream: Stream, model: Model, windows: list[Window]) -> Labels:
    """From the fault's begin on the tenth with the highest scores is acted upon, without a control; 40 % are saved."""
    plain = Labels.of(stream)
    rows = np.arange(windows[BEGINS].first, windows[-1].end)
    highest = rows[np.argsort(-model.scores[rows])[: round(len(rows) * _TREATED)]]
    saved = highest[np.random.default_rng(4).random(len(highest)) < _SAVED]
    churned, treatment = plain.churned.copy(), plain.treatment.copy()
    churned[saved] = 0
    treatment[highest] = Treatment.TREATED
    return Labels(churned, treatment)


def _begin_skewed(loop: OurLoop, window: Window) -> None:
    """A challenger as good as the champion, whose table orders rows of traffic otherwise than those of training."""
    honest = loop.workshop.challenger(window)
    later = np.arange(len(honest.scores)) >= window.end
    turned = np.random.default_rng(5).permutation(honest.scores)
    loop.propose(replace(honest, scores=np.where(later, turned, honest.scores)))
