"""What a reconcile writes into MLflow: aliases that are on record, and what became of a version, as a tag of it.

MLflow is not waited for long, and nothing that it does not take holds anything up.
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace

from churn_models.errors import RegistryError
from churn_models.names import CHAMPION, OUTCOME_TAG

from churn_operator.audit.entry import Entry
from churn_operator.cluster.registry_watch import RegistryWatch
from churn_operator.decide.alias import alias_writes
from churn_operator.decide.observed import Observed
from churn_operator.decide.outcome_tag import outcome_tag
from churn_operator.observe.write_result import WriteResult

logger = logging.getLogger(__name__)

_WRITE_SECONDS = 5.0


async def write_aliases(registry: RegistryWatch, observed: Observed, written: WriteResult) -> WriteResult:
    """Point aliases at their versions; one that is not taken is tried again by a later reconcile."""
    taken, told = set[str](), None
    model = observed.model.spec.model.name
    for one in alias_writes(observed):
        if problem := await _problem(registry.set_alias(model, one.alias, one.version, one.over)):
            told = f"the alias {one.alias} cannot be pointed at version {one.version}: {problem}"
            told += "; no challenger is tried before it is" if one.alias == CHAMPION else ""
        else:
            taken.add(one.alias)
    return replace(written, aliases=frozenset(taken), alias_problem=told)


async def tag_versions(registry: RegistryWatch, observed: Observed, found: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The outcomes, once versions are tagged with them. What could not be tagged says so, and is not tried again."""
    return tuple([await _tagged(registry, observed, entry) for entry in found])


async def _tagged(registry: RegistryWatch, observed: Observed, entry: Entry) -> Entry:
    if (value := outcome_tag(observed, entry)) is None:
        return entry
    model = observed.model.spec.model.name
    problem = await _problem(registry.set_tag(model, entry.version, OUTCOME_TAG, value))
    if problem is None:
        return entry
    message = f"version {entry.version} of {model} has no tag {OUTCOME_TAG} in MLflow: {problem}"
    logger.warning("%s/%s: %s", observed.model.namespace, observed.model.name, message)
    return replace(entry, message=message)


async def _problem(write: Awaitable[None]) -> str | None:
    try:
        async with asyncio.timeout(_WRITE_SECONDS):
            await write
    except TimeoutError:
        return f"it has not answered within {_WRITE_SECONDS:g} s"
    except RegistryError as error:
        return str(error)
    return None
