"""A message that nothing can score, as it goes to the dead letters' topic: as it came, with why and where from."""

from churn_runtimes.stream.message import NO_TIMESTAMP, Headers, Message, Outgoing

ERROR = "churn-error"
SOURCE = "churn-source"
"""topic/partition/offset of the input: what makes every message of ours one of a kind."""
SIZE = "churn-size"
"""Bytes of the value, where it was too large to be given again."""
OWN = "churn-"
"""How the names of the worker's own headers begin."""
LARGEST = 512 << 10
"""Bytes of value, key and headers that a message of ours takes over. A topic takes 1 MiB unless it is told otherwise,
and a dead letter that is refused would keep its partition waiting for ever."""
_TEXT = 1_000


def dead_letter(message: Message, error: str) -> Outgoing:
    """Its value, key, headers and timestamp; of one that is too large only its origin and its size."""
    value, key, headers = message.value(), message.key(), message.headers() or ()
    told: list[tuple[str, bytes | None]] = [
        (ERROR, error[:_TEXT].encode("utf-8", "replace")),
        (SOURCE, source_of(message)),
    ]
    if size_of(headers) + len(key or b"") + len(value or b"") > LARGEST:
        told.append((SIZE, str(len(value or b"")).encode()))
        return Outgoing(None, None, told, sent_at(message), is_dead=True)
    kept = [(name, content) for name, content in headers if not name.startswith(OWN)]
    return Outgoing(key, value, [*kept, *told], sent_at(message), is_dead=True)


def refused(outgoing: Outgoing, error: str) -> Outgoing:
    """Instead of what its topic does not take: where its message came from, why, and how large it was. The error of
    what is a dead letter already is kept."""
    kept = dict(outgoing.headers)
    why = kept.get(ERROR) or error.encode()
    told: list[tuple[str, bytes | None]] = [(ERROR, why), (SOURCE, kept[SOURCE])]
    size = kept.get(SIZE) or str(len(outgoing.value or b"")).encode()
    return Outgoing(None, None, [*told, (SIZE, size)], outgoing.timestamp, is_dead=True)


def source_of(message: Message) -> bytes:
    """Where it came from."""
    return b"%b/%d/%d" % (message.topic().encode(), message.partition(), message.offset())


def sent_at(message: Message) -> int | None:
    """Its timestamp in milliseconds, where it has one."""
    kind, milliseconds = message.timestamp()
    return None if kind == NO_TIMESTAMP else milliseconds


def size_of(headers: Headers) -> int:
    """Bytes of all of them."""
    return sum(len(name) + len(content or b"") for name, content in headers)
