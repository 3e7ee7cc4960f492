"""One policy over one stream, window by window: which model serves when, and what was trained and promoted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bench.loop.policies import PACE, Policy, Seen
from bench.loop.stream import Stream, Window
from bench.loop.workshop import Model, Workshop
from sklearn.metrics import roc_auc_score

HARM = 0.005
"""AUC by which the model that was replaced would have been better."""


@dataclass(frozen=True)
class Promotion:
    """`model` replaced `before`, and served from this window on."""

    window: int
    before: Model
    model: Model


@dataclass(frozen=True)
class Played:
    """`served` names the model of each window."""

    policy: str
    served: tuple[Model, ...]
    trained: int
    promotions: tuple[Promotion, ...]
    rollbacks: tuple[Promotion, ...] = ()
    """Back to a model that had served before."""


def replay(workshop: Workshop, policy: Policy) -> Played:
    """From the first model to the end of the stream."""
    champion, trained, trainings = workshop.first(), -1, 0
    served: list[Model] = []
    promotions: list[Promotion] = []
    windows = list(workshop.stream.windows())
    for window in windows:
        served.append(champion)
        seen = Seen(workshop.stream, window, champion, trained)
        if window is windows[-1] or not policy.asks(seen):
            continue
        trained, trainings = window.number, trainings + 1
        challenger = workshop.challenger(window)
        if policy.promotes(seen, challenger):
            promotions.append(Promotion(window.number + 1, champion, challenger))
            champion = challenger
    return Played(policy.name, tuple(served), trainings, tuple(promotions))


def in_hindsight(workshop: Workshop) -> Played:
    """The oracle: of a schedule's models so far, in every stretch between two the one that is best there."""
    windows = list(workshop.stream.windows())
    made, served = [workshop.first()], list[Model]()
    for first in range(0, len(windows), PACE):
        stretch = windows[first : first + PACE]
        best = max(made, key=lambda model: mean_auc(workshop.stream, [(one, model) for one in stretch]))
        served += [best] * len(stretch)
        made.append(workshop.challenger(stretch[-1]))
    return Played("oracle", tuple(served), 0, ())


def auc_of(stream: Stream, window: Window, model: Model) -> float:
    """Of the model on the window's rows, by the classes that are known later."""
    return float(roc_auc_score(stream.data.target[window.rows], model.scores[window.rows]))


def mean_auc(stream: Stream, served: list[tuple[Window, Model]]) -> float:
    """Mean over windows."""
    return float(np.mean([auc_of(stream, window, model) for window, model in served]))


def harmful(stream: Stream, played: Played) -> int:
    """How many promotions made it worse by more than HARM, over the windows that the model served."""
    return sum(loss > HARM for loss in _losses(stream, played, played.promotions))


def wrong_rollbacks(stream: Stream, played: Played) -> int:
    """How many rollbacks left a model that would have been better."""
    return sum(loss > 0 for loss in _losses(stream, played, played.rollbacks))


def _losses(stream: Stream, played: Played, changes: Sequence[Promotion]) -> list[float]:
    """AUC that each change cost until the next one, over as many windows as PACE at least."""
    windows = list(stream.windows())
    all_of_them = sorted(one.window for one in (*played.promotions, *played.rollbacks))
    losses = []
    for change in changes:
        end = min([window for window in all_of_them if window > change.window], default=len(windows))
        served = windows[change.window : max(end, change.window + PACE)]
        if served:
            before, after = (
                mean_auc(stream, [(window, model) for window in served]) for model in (change.before, change.model)
            )
            losses.append(before - after)
    return losses
