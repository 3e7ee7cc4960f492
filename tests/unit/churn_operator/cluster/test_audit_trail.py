"""Appending to the chain: all or nothing, only by who has read its end, across segments, whatever lies there."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest
from churn_operator.api.churn_model import ChurnModel
from churn_operator.audit.entry import Deed, Entry, Kind, Result
from churn_operator.audit.export import chains_of
from churn_operator.audit.verify import Checked, verify
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.audit_trail import AuditTrail
from churn_operator.errors import ClusterError, Conflict, Unreachable
from churn_operator.names import audit_segment_name
from support.fake_config_maps import FakeConfigMaps
from support.observations import model

MODEL: ChurnModel = model()
FIRST = audit_segment_name("telco", "uid-1", 1)
SECOND = audit_segment_name("telco", "uid-1", 2)
BEGUN = Entry(Kind.DECISION, Deed.ROLLOUT_BEGUN, "RolloutBegun r1", "1", "it is new", "r1")
_KIB = 1024


def _trail(config_maps: FakeConfigMaps) -> AuditTrail:
    return AuditTrail(cast(ApiServer, config_maps), "churn-operator-0")


def _append(config_maps: FakeConfigMaps, trail: AuditTrail, *entries: Entry) -> None:
    asyncio.run(trail.append(MODEL, entries))


def _checked(config_maps: FakeConfigMaps) -> Checked:
    chains = chains_of({name: one["data"] for name, one in config_maps.held.items()})
    return verify("uid-1", chains["uid-1"])


def _done(sequence: int) -> Entry:
    return replace(BEGUN, kind=Kind.OUTCOME, of=sequence, result=Result.APPLIED)


def test_a_chain_goes_on_where_another_process_left_it() -> None:
    config_maps = FakeConfigMaps()
    first = _trail(config_maps)
    _append(config_maps, first, BEGUN)
    second = _trail(config_maps)
    begun = asyncio.run(second.recall(MODEL)).begun
    assert {key: one.sequence for key, one in begun.items()} == {BEGUN.key: 1}
    _append(config_maps, second, _done(1))
    assert not asyncio.run(_trail(config_maps).recall(MODEL)).begun
    assert _checked(config_maps).broken is None
    assert _checked(config_maps).last.sequence == 2


def test_nothing_is_read_twice_and_nothing_written_without_an_entry() -> None:
    config_maps = FakeConfigMaps()
    trail = _trail(config_maps)
    for _ in range(3):
        asyncio.run(trail.recall(MODEL))
        _append(config_maps, trail)
    assert config_maps.requests == [f"get {FIRST}"]
    _append(config_maps, trail, BEGUN)
    _append(config_maps, trail, _done(1))
    assert config_maps.requests == [f"get {FIRST}", f"create {FIRST}", f"merge {FIRST}"]


def test_a_segment_has_no_owner_and_says_whose_it_is() -> None:
    config_maps = FakeConfigMaps()
    _append(config_maps, _trail(config_maps), BEGUN)
    metadata = config_maps.held[FIRST]["metadata"]
    assert "ownerReferences" not in metadata
    assert metadata["labels"]["churnserve.dev/model"] == "telco"
    assert metadata["labels"]["app.kubernetes.io/component"] == "audit"


@pytest.mark.parametrize("begins", [True, False], ids=["the first record", "a later record"])
def test_who_was_followed_by_another_appends_nothing(begins: bool) -> None:
    config_maps = FakeConfigMaps()
    stale, leader = _trail(config_maps), _trail(config_maps)
    if not begins:
        _append(config_maps, stale, BEGUN)
    asyncio.run(stale.recall(MODEL))
    _append(config_maps, leader, replace(BEGUN, key="RolloutBegun r2"))
    held = dict(config_maps.held)
    with pytest.raises(Conflict):
        _append(config_maps, stale, replace(BEGUN, key="RolloutBegun r3"))
    assert config_maps.held == held
    # It has read again what there is.
    assert "RolloutBegun r2" in asyncio.run(stale.recall(MODEL)).begun


@pytest.mark.parametrize("loses_reply", [False, True], ids=["it did not arrive", "its reply was lost"])
def test_an_append_without_an_answer_is_looked_for(loses_reply: bool) -> None:
    config_maps = FakeConfigMaps(fault=Unreachable("no answer"), loses_reply=loses_reply)
    trail = _trail(config_maps)
    with pytest.raises(ClusterError):
        _append(config_maps, trail, BEGUN)
    assert (BEGUN.key in asyncio.run(trail.recall(MODEL)).begun) is loses_reply
    if not loses_reply:
        _append(config_maps, trail, BEGUN)
    assert _checked(config_maps).last.sequence == 1


def test_a_full_segment_is_followed_by_another_and_the_chain_goes_on() -> None:
    config_maps = FakeConfigMaps()
    trail = _trail(config_maps)
    for number in range(12):
        _append(config_maps, trail, replace(BEGUN, message=str(number % 10) * 30 * _KIB))
    assert [len(one["data"]) for one in config_maps.held.values()] == [7, 5]
    assert all(len(str(one).encode()) <= 256 * _KIB for one in config_maps.held.values())
    # Another process finds the end, here and where nearly nothing lies in the last segment.
    _append(config_maps, _trail(config_maps), BEGUN)
    assert _checked(config_maps) == Checked(_checked(config_maps).last)
    assert _checked(config_maps).last.sequence == 13


def test_a_segment_that_somebody_sealed_is_followed_by_another() -> None:
    config_maps = FakeConfigMaps()
    trail = _trail(config_maps)
    _append(config_maps, trail, BEGUN)
    config_maps.edit(FIRST, immutable=True)
    with pytest.raises(ClusterError):
        _append(config_maps, trail, _done(1))
    _append(config_maps, trail, _done(1))
    assert list(config_maps.held) == [FIRST, SECOND]
    assert _checked(config_maps).broken is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"0000000001": "{}"}, id="another record"),
        pytest.param({"0000000001": "nonsense"}, id="no JSON"),
        pytest.param({"0000000009": "nonsense"}, id="under a later key"),
        pytest.param({"note": '{"sequence": "x"}'}, id="a note"),
        pytest.param(None, id="nothing"),
    ],
)
def test_a_broken_chain_keeps_nobody_from_acting_and_stays_broken(data: dict[str, str] | None) -> None:
    config_maps = FakeConfigMaps()
    _append(config_maps, _trail(config_maps), BEGUN, _done(1))
    config_maps.edit(FIRST, data=data or {})
    trail = _trail(config_maps)
    _append(config_maps, trail, BEGUN)
    _append(config_maps, trail, _done(1))
    held = config_maps.held[FIRST]["data"]
    assert {key: held[key] for key in data or {}} == (data or {})
    assert len(held) == len(data or {}) + 2
    # Where all is gone a new chain begins; that the old one is missing only an export can tell.
    assert (_checked(config_maps).broken is None) is (data is None)


def test_a_chain_whose_segments_somebody_removed_begins_anew() -> None:
    config_maps = FakeConfigMaps()
    trail = _trail(config_maps)
    _append(config_maps, trail, BEGUN)
    del config_maps.held[FIRST]
    with pytest.raises(ClusterError):
        _append(config_maps, trail, _done(1))
    _append(config_maps, trail, BEGUN)
    assert (_checked(config_maps).broken, _checked(config_maps).last.sequence) == (None, 1)


def test_another_churn_model_of_the_name_has_another_chain() -> None:
    config_maps = FakeConfigMaps()
    trail = _trail(config_maps)
    _append(config_maps, trail, BEGUN)
    asyncio.run(trail.append(replace(MODEL, uid="uid-2"), [BEGUN]))
    assert list(config_maps.held) == [FIRST, audit_segment_name("telco", "uid-2", 1)]


def _three_segments() -> FakeConfigMaps:
    config_maps = FakeConfigMaps()
    trail = _trail(config_maps)
    large = replace(BEGUN, message="x" * 1000)
    while len(config_maps.held) < 3:
        _append(config_maps, trail, *[replace(large, key=f"RolloutBegun r{number}") for number in range(40)])
    _append(config_maps, trail, replace(BEGUN, key="RolloutBegun latest", revision="latest"))
    assert trail.segment_of(MODEL) == 3
    return config_maps


@pytest.mark.parametrize("removed", [(1,), (1, 2), (2,)])
def test_a_chain_whose_older_segments_were_removed_goes_on_at_its_end(removed: tuple[int, ...]) -> None:
    config_maps = _three_segments()
    for number in removed:
        del config_maps.held[audit_segment_name("telco", "uid-1", number)]
    trail = _trail(config_maps)
    assert "RolloutBegun latest" in asyncio.run(trail.recall(MODEL, 3)).begun
    before = {name: dict(one["data"]) for name, one in config_maps.held.items()}
    _append(config_maps, trail, replace(BEGUN, key="RolloutBegun next", revision="next"))
    added = {name: len(one["data"]) - len(before.get(name, {})) for name, one in config_maps.held.items()}
    assert {name for name, more in added.items() if more} == {audit_segment_name("telco", "uid-1", 3)}


def test_a_chain_whose_last_segment_was_removed_too_goes_on_under_a_name_of_its_own() -> None:
    config_maps = _three_segments()
    config_maps.held.clear()
    trail = _trail(config_maps)
    assert not asyncio.run(trail.recall(MODEL, 3)).begun
    _append(config_maps, trail, BEGUN)
    assert list(config_maps.held) == [audit_segment_name("telco", "uid-1", 3)]
    assert BEGUN.key in asyncio.run(_trail(config_maps).recall(MODEL, 3)).begun
