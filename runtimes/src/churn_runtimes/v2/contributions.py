"""The outputs that say what each feature has added to a score, and which of them a request wants.

`contributions` is FP64 `[rows, features + 1]`, the base value last, and sums to the ensemble's answer (for a stack, to
its log-odds); `contributions.<member>` is in the member's own raw space, log-odds or for a forest the probability.
`evaluator.join_contributions` tells method and limits. With the request parameter `top_reasons: N` each is FP64
`[rows, N]` instead, the N largest by absolute value, and `top_reasons` or `top_reasons.<member>` their features' names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from churn_models.outputs import PROBABILITY

from churn_runtimes.v2.errors import BadRequest

CONTRIBUTIONS = "contributions"
"""Of the ensemble."""
TOP_REASONS = "top_reasons"
"""The request parameter, and the ensemble's names."""
_SHOWN = 40


@dataclass(frozen=True)
class Explained:
    """One of them with all that is explained in it: the member, or None for the ensemble, and both outputs' names."""

    member: str | None
    contributions: str
    top_reasons: str


def explained_parts(members: Sequence[str]) -> list[Explained]:
    """The ensemble, then its members."""
    parts = [Explained(name, f"{CONTRIBUTIONS}.{name}", f"{TOP_REASONS}.{name}") for name in members]
    return [Explained(None, CONTRIBUTIONS, TOP_REASONS), *parts]


def read_top_reasons(given: object, features: int) -> int | None:
    """The parameter's value; None where the request has none. Raises BadRequest."""
    if given is None:
        return None
    if type(given) is not int:
        raise BadRequest(f"parameter {TOP_REASONS}: {repr(given)[:_SHOWN]} is no whole number; write one, such as 3")
    if not 1 <= given <= features:
        raise BadRequest(f"parameter {TOP_REASONS}: {str(given)[:_SHOWN]}; this model has reasons 1 to {features}")
    return given


def with_reasons(asked: Sequence[str], parts: Sequence[Explained], top: int | None) -> list[str]:
    """The outputs to answer: with `top`, names beside contributions, of the ensemble where none are asked for.

    Raises BadRequest for names without it.
    """
    if top is None:
        if named := [part.top_reasons for part in parts if part.top_reasons in asked]:
            raise BadRequest(f"output {named[0]} needs the request parameter {TOP_REASONS}, such as {TOP_REASONS}: 3")
        return list(asked)
    pairs = {part.contributions: part.top_reasons for part in parts}
    pairs |= {names: contributions for contributions, names in pairs.items()}
    if not any(name in pairs for name in asked):
        return [*(asked or [PROBABILITY]), TOP_REASONS, CONTRIBUTIONS]
    # The other of a pair comes behind the one that is asked for, or where it is asked for itself.
    return [
        output for name in asked for output in ([name, pairs[name]] if pairs.get(name, name) not in asked else [name])
    ]


def refuse_top_reasons(model: str, given: object) -> None:
    """For a member behind its stock runtime, which explains nothing. Raises BadRequest where it is asked to."""
    if given is not None:
        raise BadRequest(f"{model} gives no reasons; ask the ensemble for {CONTRIBUTIONS}.NAME of the member")
