"""Which parameters of ensemble.yaml a learner takes, decided before anything is fitted.

Each learner states its rules; `registry` applies them. A typing error, a parameter that the learner sets itself, one
that the saved file does not carry and an objective without probabilities would else be ignored, or be found only by
the golden rows, after the whole fit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

OWNED = "training sets it itself, so that the same seed gives the same model"
UNKEPT = "the saved file does not carry it, so that serving would score otherwise than training"
NO_EVALUATION_SET = "it needs an evaluation set, which the fit does not get"


@dataclass(frozen=True)
class Choice:
    """One parameter under all its names, and the only words that it may have."""

    names: frozenset[str]
    allowed: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class ParameterRules:
    """`known` is every name that the library documents; `refused` says why a known one must not be set."""

    library: str
    known: frozenset[str]
    refused: Mapping[str, str]
    tree_counts: frozenset[str] = frozenset()
    choices: tuple[Choice, ...] = field(default=())


def refused(names: Iterable[str], reason: str) -> dict[str, str]:
    """These names with one reason, for `ParameterRules.refused`."""
    return dict.fromkeys(names, reason)


def faults(parameters: Mapping[str, Any], rules: ParameterRules) -> list[str]:
    """Everything that is wrong with the parameters, one phrase each."""
    found = [_fault(name, value, rules) for name, value in parameters.items()]
    return [fault for fault in found if fault is not None]


def _fault(name: str, value: Any, rules: ParameterRules) -> str | None:
    if reason := rules.refused.get(name):
        return f"{name} cannot be set: {reason}"
    if name not in rules.known:
        return f"{name} is no parameter of {rules.library}{_nearest(name, rules)}"
    if name in rules.tree_counts and isinstance(value, int | float) and value < 1:
        return f"{name}: {value} fits no tree; it must be at least 1"
    for choice in rules.choices:
        if name in choice.names and value is not None and value not in choice.allowed:
            return f"{name}: {value} cannot be used: {choice.reason}; use {' or '.join(choice.allowed)}"
    return None


def _nearest(name: str, rules: ParameterRules) -> str:
    usable = {known.lower(): known for known in sorted(rules.known - set(rules.refused))}
    near = get_close_matches(name.lower(), usable, n=1, cutoff=0.5)
    return f"; did you mean {usable[near[0]]}?" if near else ""
