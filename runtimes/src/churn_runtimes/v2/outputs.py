"""The names of the ensemble's output tensors, and which of them a request wants."""

from collections.abc import Sequence

from churn_runtimes.v2.errors import BadRequest

PROBABILITY = "churn_probability"
"""P(churn) of the ensemble; what is answered by default."""


def output_names(members: Sequence[str]) -> list[str]:
    """Every tensor that can be asked for: the ensemble's probability, then each member's."""
    return [PROBABILITY, *map(member_output, members)]


def member_output(member: str) -> str:
    """The tensor of one member's P(churn)."""
    return f"member.{member}"


def wanted_outputs(asked: Sequence[str], known: Sequence[str]) -> list[str]:
    """The tensors to answer, in the asked order. Raises BadRequest for one that there is not."""
    check_outputs(asked, known)
    return list(dict.fromkeys(asked)) or [PROBABILITY]


def check_outputs(asked: Sequence[str], known: Sequence[str]) -> None:
    """Raises BadRequest for an output that there is not."""
    if unknown := [name for name in asked if name not in known]:
        raise BadRequest(f"no such output: {', '.join(unknown)}; there are {', '.join(known)}")
