"""The outputs that say what each feature has added: FP64 `[rows, features + 1]`, the base value last.

`contributions.<member>` is in the member's own raw space, log-odds or for a forest the probability; `contributions`
sums to the ensemble's answer (for a stack, to its log-odds). `evaluator.join_contributions` tells method and limits.
"""

from collections.abc import Sequence

CONTRIBUTIONS = "contributions"
"""Of the ensemble."""


def contributions_by_output(members: Sequence[str]) -> dict[str, str | None]:
    """Every such output with its member; None is the ensemble."""
    return {CONTRIBUTIONS: None} | {f"{CONTRIBUTIONS}.{name}": name for name in members}
