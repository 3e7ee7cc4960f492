"""The chain: canonical JSON, each record with the hash of the one before, so that no change goes unseen.

`cluster.audit_trail` appends to it and reads it back; `verify` finds the first broken link.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from churn_operator.audit.entry import Entry


@dataclass(frozen=True)
class Link:
    """Where a chain stands: what the next record has to follow."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class Stamp:
    """What is the same for all records of one append."""

    uid: str
    """Of the ChurnModel."""
    generation: int
    who: str
    """The operator that holds the Lease."""
    time: str


class BrokenLink(Exception):
    """A record that is not what the chain says it is; the text says what differs."""


def genesis(uid: str) -> Link:
    """Before the first record of a ChurnModel: another one of its name has another chain."""
    return Link(0, _digest(canonical({"uid": uid})))


def canonical(data: Any) -> str:
    """The one text of the data. ASCII, so that a character is a byte."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def key_of(sequence: int) -> str:
    """Under which a segment holds the record; sorted as text they are in order."""
    return f"{sequence:010d}"


def seal(entry: Entry, stamp: Stamp, link: Link) -> tuple[str, Link]:
    """The record's text, and where the chain stands after it."""
    data = entry.to_data() | vars(stamp) | {"sequence": link.sequence + 1, "previous": link.hash}
    sealed = data | {"hash": _digest(canonical(data))}
    return canonical(sealed), Link(link.sequence + 1, sealed["hash"])


def check(uid: str, link: Link, key: str, text: str) -> tuple[dict[str, Any], Link]:
    """The record's data, and where the chain stands after it. Raises BrokenLink."""
    data = _read(text)
    sequence, previous, told = data.get("sequence"), data.get("previous"), data.get("hash")
    if sequence != link.sequence + 1:
        raise BrokenLink(f"its sequence is {sequence}, the one before is {link.sequence}")
    if key != key_of(sequence):
        raise BrokenLink(f"it lies under {key}, not under {key_of(sequence)}")
    if data.get("uid") != uid:
        raise BrokenLink(f"it is of the ChurnModel {data.get('uid')}, the chain of {uid}")
    found = _digest(canonical({name: value for name, value in data.items() if name != "hash"}))
    if told != found:
        raise BrokenLink(f"its content has the hash {found}, it says {told}")
    if previous != link.hash:
        raise BrokenLink(f"it follows the hash {previous}, the one before has {link.hash}")
    return data, Link(sequence, found)


def go_on(link: Link, key: str, text: str) -> tuple[dict[str, Any], Link]:
    """The same after a broken link, which must not end the operator's work: from what lies there, as it is."""
    try:
        data = _read(text)
        return data, Link(int(data["sequence"]), str(data["hash"]))
    except (BrokenLink, KeyError, TypeError, ValueError):
        # Never below its key: a later record must not take its place.
        number = int(key) if key.isascii() and key.isdigit() else link.sequence
        return {}, Link(max(number, link.sequence), _digest(text))


def _read(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
        same = canonical(data) == text
    except (ValueError, RecursionError):
        raise BrokenLink("it is no JSON") from None
    if not isinstance(data, dict) or not same:
        raise BrokenLink("it is not written as the operator writes records")
    return data


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
