"""A chain that was appended holds, and no record of it can be changed, moved or taken away unseen."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from churn_operator.audit.chain import Link, Stamp, canonical, genesis, key_of, seal
from churn_operator.audit.entry import Deed, Entry, Kind, Result, read_entry
from churn_operator.audit.export import UnreadableExport, chains_of, from_lines, to_lines
from churn_operator.audit.verify import Segment, verify
from churn_operator.names import audit_segment_name
from hypothesis import given, settings
from hypothesis import strategies as st

UID = "6a1b7c1e-0000-4000-8000-0123456789ab"
_TEXT = st.text(max_size=20)
_ENTRIES = st.lists(
    st.builds(
        Entry,
        kind=st.sampled_from(Kind),
        action=st.sampled_from(Deed),
        key=_TEXT,
        version=st.sampled_from(["", "1", "23"]),
        message=_TEXT,
        revision=_TEXT,
        evidence=st.dictionaries(_TEXT, _TEXT | st.integers() | st.lists(_TEXT, max_size=2), max_size=3),
        of=st.none() | st.integers(1, 99),
        result=st.none() | st.sampled_from(Result),
    ),
    min_size=1,
    max_size=8,
)
_ROOM = st.integers(1, 4)

Data = dict[str, dict[str, str]]


class Place(NamedTuple):
    """Where a record lies."""

    segment: str
    key: str


def _chain(entries: list[Entry], room: int) -> Data:
    """So many records in each segment."""
    data: Data = {}
    link = genesis(UID)
    for number, entry in enumerate(entries):
        text, link = seal(entry, Stamp(UID, number + 1, "churn-operator-0", "2026-11-23T12:00:00Z"), link)
        data.setdefault(audit_segment_name("telco", UID, number // room + 1), {})[key_of(link.sequence)] = text
    return data


def _places(data: Data) -> list[Place]:
    return [Place(segment.name, key) for segment in chains_of(data)[UID] for key in sorted(segment.data)]


@settings(max_examples=50)
@given(_ENTRIES, _ROOM)
def test_what_was_appended_holds_and_says_what_was_appended(entries: list[Entry], room: int) -> None:
    data = _chain(entries, room)
    found = verify(UID, chains_of(data)[UID])
    assert (found.broken, found.last.sequence) == (None, len(entries))
    assert [read_entry(json.loads(data[one.segment][one.key])) for one in _places(data)] == entries


def _edited(data: Data, place: Place) -> None:
    record = json.loads(data[place.segment][place.key])
    data[place.segment][place.key] = canonical(record | {"who": "somebody"})


def _edited_as_text(data: Data, place: Place) -> None:
    data[place.segment][place.key] += " "


def _no_json(data: Data, place: Place) -> None:
    data[place.segment][place.key] = data[place.segment][place.key][:-1]


def _of_another_model(data: Data, place: Place) -> None:
    record = json.loads(data[place.segment][place.key])
    text, _ = seal(read_entry(record), Stamp("another", 1, "churn-operator-0", ""), Link(int(place.key) - 1, ""))
    data[place.segment][place.key] = text


def _removed(data: Data, place: Place) -> None:
    del data[place.segment][place.key]


def _moved(data: Data, place: Place) -> None:
    data[place.segment][place.key + "-0"] = data[place.segment].pop(place.key)


def _nested_too_deep(data: Data, place: Place) -> None:
    data[place.segment][place.key] = "[" * 5_000


def _edited_with_its_hash(data: Data, place: Place) -> None:
    record = json.loads(data[place.segment][place.key])
    stamp = Stamp(UID, record["generation"], "somebody", record["time"])
    before = Link(record["sequence"] - 1, record["previous"])
    data[place.segment][place.key], _ = seal(read_entry(record), stamp, before)


def _said_twice(data: Data, place: Place) -> None:
    data[place.segment][place.key + "a"] = data[place.segment][place.key]


@settings(max_examples=30)
@given(_ENTRIES, _ROOM)
@pytest.mark.parametrize(
    ("tamper", "told", "harmless"),
    [
        pytest.param(_edited, 0, None, id="edited"),
        pytest.param(_edited_as_text, 0, None, id="written otherwise"),
        pytest.param(_no_json, 0, None, id="no JSON"),
        pytest.param(_nested_too_deep, 0, None, id="nested too deep to read"),
        pytest.param(_of_another_model, 0, None, id="of another ChurnModel"),
        pytest.param(_moved, 0, None, id="under another key"),
        pytest.param(_said_twice, 1, None, id="said twice"),
        # The chain alone cannot tell these of its last record: an export made before can.
        pytest.param(_removed, 0, -1, id="removed"),
        pytest.param(_edited_with_its_hash, 1, -1, id="edited, and its hash made anew"),
    ],
)
def test_no_record_is_changed_unseen(
    tamper: Callable[[Data, Place], None], told: int, harmless: int | None, entries: list[Entry], room: int
) -> None:
    whole = _chain(entries, room)
    places = _places(whole)
    for number, place in enumerate(places[:harmless], 1):
        data = {name: dict(held) for name, held in whole.items()}
        tamper(data, place)
        broken = verify(UID, chains_of(data)[UID]).broken
        assert broken is not None, place
        assert broken.sequence == number + told
        exported = from_lines(to_lines(chains_of(data)))
        assert verify(UID, exported[UID]).broken == broken


def test_what_differs_is_named() -> None:
    data = _chain([Entry(Kind.DECISION, Deed.PROMOTED, "key", "1", "every pod serves it")] * 3, 2)
    first, second, third = _places(data)
    _edited_with_its_hash(data, second)
    broken = verify(UID, chains_of(data)[UID]).broken
    assert broken is not None
    assert (broken.segment, broken.sequence) == (third.segment, 3)
    assert broken.what.startswith("it follows the hash sha256:")
    data[first.segment].pop(second.key)
    broken = verify(UID, chains_of(data)[UID]).broken
    assert broken is not None
    assert (broken.segment, broken.what) == (third.segment, "its sequence is 3, the one before is 1")


def test_segments_are_in_the_order_of_their_numbers() -> None:
    entries = [Entry(Kind.EXTERNAL, Deed.PAUSED, "Paused", "1", str(number)) for number in range(12)]
    assert verify(UID, from_lines(to_lines(chains_of(_chain(entries, 1))))[UID]).broken is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda lines: [*lines, "{"], "line 3 is none of an export", id="no JSON"),
        pytest.param(lambda lines: [*lines, '{"segment": "a"}'], "line 3 is none of an export", id="not all of it"),
        pytest.param(lambda lines: [*lines, lines[0]], "is there twice", id="twice"),
    ],
)
def test_an_export_that_cannot_be_read_names_the_line(change: Callable[[list[str]], list[str]], message: str) -> None:
    lines = list(to_lines(chains_of(_chain([Entry(Kind.EXTERNAL, Deed.PAUSED, "Paused", "1", "")] * 2, 2))))
    with pytest.raises(UnreadableExport, match=message):
        from_lines(change(lines))


def test_two_churn_models_of_one_name_have_two_chains() -> None:
    entry, stamp = Entry(Kind.EXTERNAL, Deed.PAUSED, "Paused", "1", ""), Stamp("other", 1, "churn-operator-0", "")
    text, _ = seal(entry, stamp, genesis("other"))
    data = _chain([entry], 1) | {audit_segment_name("telco", "other", 1): {key_of(1): text}}
    chains = chains_of(data)
    assert {uid: verify(uid, segments).broken for uid, segments in chains.items()} == {UID: None, "other": None}
    assert verify(UID, [Segment("any", {key_of(1): text})]).broken is not None
