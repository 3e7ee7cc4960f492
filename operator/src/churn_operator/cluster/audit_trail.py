"""The audit chains in ConfigMaps: one record per key, appended by compare-and-swap on the resourceVersion.

`reconcile` appends before it acts: an operator that was followed by another cannot append, so it does not act. Where
a chain stands is read once per ChurnModel and process; whatever goes wrong has it read again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.audit.chain import BrokenLink, Link, Stamp, check, genesis, go_on, key_of, seal
from churn_operator.audit.entry import Entry, read_entry
from churn_operator.audit.memory import Memory, remember
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.clock import utc_now
from churn_operator.cluster.kinds import CONFIG_MAP
from churn_operator.errors import NotFound
from churn_operator.names import audit_labels, audit_segment_name
from churn_operator.queue import Key

logger = logging.getLogger(__name__)

SEGMENT_BYTES = 240 * 1024
"""Of keys and records: with the server's own notes about every key a ConfigMap stays below 256 KiB."""


@dataclass(frozen=True)
class _Tail:
    """Where a chain ends: what the next append needs to know."""

    uid: str
    link: Link
    memory: Memory = field(default_factory=Memory)
    number: int = 0
    """Of the last segment; 0: there is none yet."""
    resource_version: str = ""
    size: int = 0
    sealed: bool = False
    """Somebody made the segment immutable."""
    broken: bool = False


class AuditTrail:
    """The chains of all ChurnModels, written by `who`."""

    def __init__(self, api: ApiServer, who: str) -> None:
        self._api = api
        self._who = who
        self._tails: dict[Key, _Tail] = {}
        self._last: dict[str, int] = {}
        """What is known, by uid, of where chains end; somebody may have removed what lies before."""

    async def recall(self, model: ChurnModel, last: int = 0) -> Memory:
        """What the chain tells, whose last segment is known to be this one or a later one. Raises ClusterError."""
        self._last[model.uid] = max(last, self._last.get(model.uid, 0))
        return (await self._tail(model)).memory

    def segment_of(self, model: ChurnModel) -> int:
        """The number of the last segment that was read or written."""
        tail = self._tails.get((model.namespace, model.name))
        return tail.number if tail else 0

    async def append(self, model: ChurnModel, entries: Sequence[Entry]) -> Memory:
        """The memory with these too, which are on record then, all or none.

        Raises Conflict where another operator has appended meanwhile, and any other ClusterError; nothing may be done
        then that the entries tell of.
        """
        tail = await self._tail(model)
        if not entries:
            return tail.memory
        # Whether a request without an answer was carried out, only the chain can tell.
        self.forget((model.namespace, model.name))
        stamp = Stamp(model.uid, model.generation, self._who, utc_now())
        data, link, memory = {}, tail.link, tail.memory
        for entry in entries:
            text, link = seal(entry, stamp, link)
            data[key_of(link.sequence)] = text
            memory = remember(memory, entry, link.sequence, stamp.time)
        written = await self._write(model, tail, data)
        self._tails[model.namespace, model.name] = replace(written, link=link, memory=memory)
        return memory

    def forget(self, key: Key) -> None:
        """A ChurnModel that is gone, or whose chain has to be read again."""
        self._tails.pop(key, None)

    async def _write(self, model: ChurnModel, tail: _Tail, data: dict[str, str]) -> _Tail:
        size = tail.size + _size(data)
        if tail.number and not tail.sealed and size <= SEGMENT_BYTES:
            manifest = _segment(model, tail.number, data)
            manifest["metadata"]["resourceVersion"] = tail.resource_version
            answer = await self._api.merge(CONFIG_MAP, manifest)
            return replace(tail, resource_version=answer["metadata"]["resourceVersion"], size=size)
        manifest = _segment(model, tail.number + 1, data)
        manifest["metadata"]["labels"] = audit_labels(model.name)
        answer = await self._api.create(CONFIG_MAP, model.namespace, manifest)
        version = answer["metadata"]["resourceVersion"]
        return _Tail(model.uid, tail.link, number=tail.number + 1, resource_version=version, size=_size(data))

    async def _tail(self, model: ChurnModel) -> _Tail:
        key = (model.namespace, model.name)
        if key not in self._tails or self._tails[key].uid != model.uid:
            self._tails[key] = await self._read(model)
        return self._tails[key]

    async def _read(self, model: ChurnModel) -> _Tail:
        tail, last = _Tail(model.uid, genesis(model.uid)), self._last.get(model.uid, 0)
        while True:
            name = audit_segment_name(model.name, model.uid, tail.number + 1)
            try:
                segment = await self._api.get(CONFIG_MAP, model.namespace, name)
            except NotFound:
                if tail.number + 1 >= last:
                    return tail
                # Somebody has removed it; what goes on is told by the last one, and nothing is added before that.
                tail = replace(tail, number=last - 1, sealed=True)
                continue
            tail = _after(tail, segment)
            # One with room is the last, unless somebody has sealed it or taken records away.
            if tail.number >= last and not (tail.sealed or tail.broken or tail.size > SEGMENT_BYTES // 2):
                return tail


def _segment(model: ChurnModel, number: int, data: dict[str, str]) -> Manifest:
    """Without an owner: it stays when the ChurnModel goes."""
    metadata = {"name": audit_segment_name(model.name, model.uid, number), "namespace": model.namespace}
    return {"apiVersion": CONFIG_MAP.api_version, "kind": CONFIG_MAP.kind, "metadata": metadata, "data": data}


def _after(tail: _Tail, segment: Manifest) -> _Tail:
    """The tail, once this segment has been read too."""
    data = segment.get("data") or {}
    link, memory, broken = tail.link, tail.memory, tail.broken
    for key in sorted(data):
        try:
            record, link = check(tail.uid, link, key, data[key])
        except BrokenLink as error:
            if not broken:
                logger.warning("%s: record %s: the audit chain is broken: %s", segment["metadata"]["name"], key, error)
            broken = True
            record, link = go_on(link, key, data[key])
        memory = remember(memory, read_entry(record), link.sequence, str(record.get("time", "")))
    return replace(
        tail,
        link=link,
        memory=memory,
        number=tail.number + 1,
        resource_version=segment["metadata"]["resourceVersion"],
        size=_size(data),
        sealed=bool(segment.get("immutable")),
        broken=broken,
    )


def _size(data: dict[str, str]) -> int:
    return sum(len(key) + len(text) for key, text in data.items())
