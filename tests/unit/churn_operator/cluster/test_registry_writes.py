"""What MLflow does not take holds nothing up, and is told once."""

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from churn_models.errors import RegistryForbidden
from churn_operator.api.status import ChurnModelStatus
from churn_operator.audit.entry import Deed, Entry, Kind, Result
from churn_operator.audit.memory import Begun
from churn_operator.cluster.registry_watch import RegistryWatch
from churn_operator.cluster.registry_writes import tag_versions, write_aliases
from churn_operator.observe.write_result import WriteResult
from support.fake_time import run
from support.observations import deployed, model, observed, served, target

SEEN = observed(deployed=deployed("2"), target=target("1"), model=model(status=ChurnModelStatus(stable=served("1"))))
BEGUN = {
    "ChampionSet two 1": Begun(1, Deed.CHAMPION_SET, "2", "two"),
    "PreviousSet one": Begun(2, Deed.PREVIOUS_SET, "1", "one"),
}
DECIDED = replace(SEEN, memory=replace(SEEN.memory, begun=BEGUN))
PROMOTED = Entry(Kind.OUTCOME, Deed.PROMOTED, "Promoted two", "2", "", of=3, result=Result.APPLIED)


@dataclass
class FakeRegistry:
    """Takes what it is not to refuse or to be silent about."""

    forbidden: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    taken: dict[str, str] = field(default_factory=dict)

    async def set_alias(self, model: str, alias: str, version: str, over: str | None) -> None:
        """An alias, champion in place of version 1 alone."""
        assert over == ("1" if alias == "champion" else None)
        await self._take(alias, version)

    async def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        """A tag."""
        await self._take(key, value)

    async def _take(self, name: str, value: str) -> None:
        if name in self.silent:
            await asyncio.sleep(600)
        if name in self.forbidden:
            raise RegistryForbidden("403")
        self.taken[name] = value


def _as_watch(registry: FakeRegistry) -> RegistryWatch:
    return cast(RegistryWatch, registry)


def _written(registry: FakeRegistry) -> WriteResult:
    return run(write_aliases(_as_watch(registry), DECIDED, WriteResult()))


def test_aliases_on_record_are_written() -> None:
    registry = FakeRegistry()
    assert _written(registry) == WriteResult(aliases=frozenset({"champion", "previous"}))
    assert registry.taken == {"champion": "2", "previous": "1"}


@pytest.mark.parametrize(
    ("registry", "words"),
    [
        (FakeRegistry(forbidden=frozenset({"champion"})), "version 2: 403"),
        (FakeRegistry(silent=frozenset({"champion"})), "has not answered within 5 s"),
    ],
)
def test_one_that_is_not_taken_is_told_and_holds_up_no_other(registry: FakeRegistry, words: str) -> None:
    written = _written(registry)
    assert written.aliases == {"previous"}
    assert words in (written.alias_problem or "")
    assert "no challenger is tried before" in (written.alias_problem or "")


def test_an_outcome_becomes_a_tag() -> None:
    registry = FakeRegistry()
    assert run(tag_versions(_as_watch(registry), SEEN, (PROMOTED,))) == (PROMOTED,)
    assert registry.taken["churnserve.outcome"].startswith("Promoted ")


@pytest.mark.parametrize("silent", [True, False])
def test_a_tag_that_is_not_taken_is_told_in_the_log_and_on_record(
    silent: bool, caplog: pytest.LogCaptureFixture
) -> None:
    names = frozenset({"churnserve.outcome"})
    registry = FakeRegistry(silent=names) if silent else FakeRegistry(forbidden=names)
    with caplog.at_level(logging.WARNING):
        (entry,) = run(tag_versions(_as_watch(registry), SEEN, (PROMOTED,)))
    assert replace(entry, message="") == PROMOTED
    assert "version 2 of telco has no tag churnserve.outcome in MLflow" in entry.message
    assert [record.message for record in caplog.records] == [f"churn/telco: {entry.message}"]
