"""Specs that the API server has to refuse, with words that help: for the tests of admission."""

from collections.abc import Callable
from typing import Any, NamedTuple

from support.kube_client import Object, Refused


class BadSpec(NamedTuple):
    """A change of a good spec, and what the refusal has to say: where, and what is wrong."""

    name: str
    change: Object
    where: str
    what: str


def shortcoming(case: BadSpec, give: Callable[[Object], Any]) -> str | None:
    """What is missing in the answer to this change; None where it is refused as it has to be."""
    try:
        give(case.change)
    except Refused as error:
        helpful = error.status in (400, 422) and case.where in error.message and case.what in error.message
        return None if helpful else f"{case.name}: said {error}"
    return f"{case.name}: accepted"
