"""Aliases in whole rollouts: champion and previous follow what serves, whoever asked for it, whatever MLflow does."""

from collections.abc import Callable
from typing import Any

import pytest
from churn_models.names import CHAMPION, PREVIOUS
from churn_operator.audit.entry import Deed, Kind
from support.simulated_cluster import SimulatedCluster
from support.simulated_rollouts import AUTO, CANARY, DIRECT, GOOD, ask_for, deeds, settled, stable_version, suggest
from support.simulated_versions import Makes, Version

NEWER = Version("2", comparison=GOOD)
AN_HOUR = 3600.0


def _aliases(cluster: SimulatedCluster) -> tuple[str | None, str | None]:
    return cluster.registry.aliases.get(CHAMPION), cluster.registry.aliases.get(PREVIOUS)


def _until_stable(cluster: SimulatedCluster, version: str, within: float = AN_HOUR) -> None:
    until = cluster.now + within
    while stable_version(cluster) != version:
        assert cluster.now < until, cluster.status
        cluster.run(10, tick=5)


@pytest.mark.parametrize("spec", [CANARY, DIRECT], ids=["Canary", "Direct"])
def test_a_challengers_promotion_moves_champion_and_is_nobody_elses_move(spec: dict[str, Any]) -> None:
    cluster = settled(spec | AUTO, [NEWER])
    suggest(cluster, "2")
    _until_stable(cluster, "2")
    cluster.run(600, tick=5)
    assert (stable_version(cluster), *_aliases(cluster)) == ("2", "2", "1")
    decided = deeds(cluster)
    assert (decided.count((Deed.CHAMPION_SET, "2")), decided.count((Deed.PREVIOUS_SET, "1"))) == (1, 1)
    assert Deed.CHAMPION_MOVED not in {deed for deed, _ in deeds(cluster, Kind.EXTERNAL)}


def test_a_suggested_challenger_waits_for_a_persons_yes() -> None:
    cluster = settled(CANARY, [NEWER])
    suggest(cluster, "2")
    cluster.run(AN_HOUR, tick=10)
    assert (stable_version(cluster), *_aliases(cluster)) == ("1", "1", None)
    assert deeds(cluster).count((Deed.AWAITS_APPROVAL, "2")) == 1
    cluster.edit(rollout={**CANARY["rollout"], "approve": "2"})
    _until_stable(cluster, "2", 600)
    cluster.run(60)
    assert _aliases(cluster) == ("2", "1")


@pytest.mark.parametrize(
    ("spec", "comparison"),
    [
        pytest.param(CANARY | {"loop": {"promote": "Observe"}}, GOOD, id="left alone"),
        pytest.param(DIRECT, GOOD, id="Direct starts nothing without a yes"),
        pytest.param(CANARY | AUTO, None, id="no comparison"),
        pytest.param(CANARY | {"model": {"name": "telco", "version": "1"}} | AUTO, GOOD, id="pinned"),
    ],
)
def test_a_challenger_that_is_not_to_be_tried_changes_nothing(spec: dict[str, Any], comparison: Any) -> None:
    cluster = settled(spec, [Version("2", comparison=comparison)])
    suggest(cluster, "2")
    cluster.run(AN_HOUR, tick=10)
    assert (stable_version(cluster), *_aliases(cluster)) == ("1", "1", None)
    assert {version for deed, version in deeds(cluster) if deed is not Deed.AWAITS_APPROVAL} == {"1"}


def test_a_persons_champion_that_is_rolled_back_is_champion_no_more() -> None:
    cluster = settled(DIRECT, [Version("2", makes=Makes.INVERTED)])
    ask_for(cluster, "2")
    _until_stable(cluster, "2")
    assert _aliases(cluster) == ("2", "1")
    _until_stable(cluster, "1")
    cluster.run(AN_HOUR, tick=10)
    assert (stable_version(cluster), _aliases(cluster)[0]) == ("1", "1")
    assert deeds(cluster).count((Deed.CHAMPION_SET, "1")) == 1
    assert cluster.status.state == "Stable"
    assert cluster.status.rejected is not None and cluster.status.rejected.version == "2"


def test_mlflow_that_is_away_when_a_challenger_is_promoted_takes_nothing_back() -> None:
    cluster = settled(CANARY | AUTO, [NEWER])
    suggest(cluster, "2")
    while not any(deed is Deed.PROMOTING for deed, _ in deeds(cluster)):
        cluster.run(2)
    cluster.registry.is_away = True
    cluster.run(1200, tick=5)
    assert (stable_version(cluster), *_aliases(cluster)) == ("2", "1", None)
    cluster.registry.is_away = False
    cluster.run(120)
    assert (stable_version(cluster), *_aliases(cluster)) == ("2", "2", "1")
    assert Deed.ROLLED_BACK not in {deed for deed, _ in deeds(cluster)}


def test_mlflow_that_is_away_when_a_champion_is_rolled_back_learns_of_it_later() -> None:
    cluster = settled(DIRECT, [Version("2", makes=Makes.INVERTED)])
    ask_for(cluster, "2")
    _until_stable(cluster, "2")
    cluster.registry.is_away = True
    _until_stable(cluster, "1")
    cluster.run(600, tick=5)
    assert _aliases(cluster)[0] == "2"
    cluster.registry.is_away = False
    cluster.run(120)
    assert (stable_version(cluster), _aliases(cluster)[0], cluster.status.state) == ("1", "1", "Stable")


@pytest.mark.parametrize("moment", [Deed.SHIFTED, Deed.PROMOTING, Deed.PROMOTED])
def test_a_person_who_moves_champion_meanwhile_wins(moment: Deed) -> None:
    cluster = settled(CANARY | AUTO, [NEWER, Version("3", comparison=GOOD)])
    suggest(cluster, "2")
    while (moment, "2") not in deeds(cluster):
        cluster.run(2)
    ask_for(cluster, "3")
    _until_stable(cluster, "3")
    cluster.run(600, tick=5)
    assert (stable_version(cluster), _aliases(cluster)[0]) == ("3", "3")


def _promoted(cluster: SimulatedCluster) -> None:
    suggest(cluster, "2")
    _until_stable(cluster, "2")


def _settled(cluster: SimulatedCluster) -> None:
    _promoted(cluster)
    cluster.run(900, tick=10)


def _asked_for(cluster: SimulatedCluster) -> None:
    suggest(cluster, "2")
    ask_for(cluster, "2")
    while (Deed.SHIFTED, "2") not in deeds(cluster):
        cluster.run(2)


LEFT: dict[str, Callable[[SimulatedCluster], None]] = {
    "in its probation": _promoted,
    "long after it": _settled,
    "in the canary that a person had asked for": _asked_for,
}


@pytest.mark.parametrize("approve", [None, "2"], ids=["Auto", "approved once"])
@pytest.mark.parametrize("moment", LEFT.values(), ids=LEFT)
def test_a_person_who_goes_back_is_obeyed_though_challenger_still_names_what_was_left(
    moment: Callable[[SimulatedCluster], None], approve: str | None
) -> None:
    spec = {"rollout": {**CANARY["rollout"], "approve": approve}} if approve else CANARY | AUTO
    cluster = settled(spec, [NEWER])
    moment(cluster)
    ask_for(cluster, "1")
    _until_stable(cluster, "1")
    cluster.run(AN_HOUR, tick=10)
    assert (stable_version(cluster), _aliases(cluster)[0], cluster.status.state) == ("1", "1", "Stable")
    (told,) = [
        one.entry.message
        for one in cluster.chain
        if (one.entry.kind, one.entry.action) == (Kind.DECISION, Deed.CHALLENGER_PASSED_OVER)
    ]
    assert "champion was moved away from it" in told


def test_a_person_who_moves_champion_unheard_of_is_not_overwritten() -> None:
    cluster = settled(CANARY | AUTO, [NEWER, Version("3", comparison=GOOD)])
    suggest(cluster, "2")
    while (Deed.PROMOTING, "2") not in deeds(cluster):
        cluster.run(2)
    # The operator's last question is younger than this.
    cluster.registry.aliases[CHAMPION] = "3"
    _until_stable(cluster, "3")
    assert _aliases(cluster)[0] == "3"
