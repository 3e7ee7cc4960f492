"""Messages as one matrix: what can be scored, and what becomes a dead letter. One call scores all of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from churn_models.encoding import Encoded
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import Outputs

from churn_runtimes.stream.dead_letter import LARGEST, dead_letter, size_of
from churn_runtimes.stream.message import Message, Outgoing
from churn_runtimes.stream.row_reader import Row, RowReader
from churn_runtimes.stream.unscorable import Unscorable
from churn_runtimes.stream.v2_reader import V2Reader, V2Request, is_v2
from churn_runtimes.v2.json_rows import Unseen


class Ask(NamedTuple):
    """One message with its rows of the matrix, from `first` to before `end`, and its unseen categories by feature."""

    message: Message
    first: int
    end: int
    unseen: Unseen
    v2: V2Request | None


@dataclass(frozen=True)
class Batch:
    """`encoded` has the rows of all `asks`, which are those of the `messages` that could be read."""

    messages: Sequence[Message]
    asks: Sequence[Ask]
    encoded: Encoded
    dead: Sequence[Outgoing]
    """Of its messages."""
    dead_events: Sequence[Outgoing] = ()


class BatchReader:
    """Reads messages for one ensemble. `filled` are features of plain rows that are left missing here, for whoever
    knows them by the message's key."""

    def __init__(self, schema: FeatureSchema, outputs: Outputs, filled: Collection[str] = ()) -> None:
        self._rows = RowReader(schema, filled)
        self._needs_key = bool(filled)
        self._v2 = V2Reader(schema, outputs)

    def read(self, messages: Sequence[Message]) -> Batch:
        """All of them, in their order."""
        rows: list[Row] = []
        asks, dead = [], []
        unseen: Unseen = {}
        for message in messages:
            try:
                ask = self._read(message, rows)
            except Unscorable as error:
                dead.append(dead_letter(message, str(error)))
                continue
            asks.append(ask)
            if ask.unseen:
                for name, count in ask.unseen.items():
                    unseen[name] = unseen.get(name, 0) + count
        return Batch(messages, asks, Encoded(self._rows.matrix(rows), unseen), dead)

    def _read(self, message: Message, rows: list[Row]) -> Ask:
        first = len(rows)
        headers, key = message.headers(), message.key()
        if (size_of(headers) if headers else 0) + (len(key) if key else 0) > LARGEST:
            raise Unscorable(f"key and headers of more than {LARGEST} bytes, which an answer has too")
        if headers and is_v2(headers):
            request = self._v2.read(message.value())
            rows += self._rows.rows(request.encoded.matrix)
            return Ask(message, first, len(rows), dict(request.encoded.unseen), request)
        if self._needs_key and customer_of(message) is None:
            raise Unscorable("the message's key must name the customer, whose features are computed from events")
        unseen: Unseen = {}
        rows.append(self._rows.read(message.value(), unseen))
        return Ask(message, first, first + 1, unseen, None)


def customer_of(message: Message) -> str | None:
    """Whom its key names; None where it names nobody."""
    try:
        return (message.key() or b"").decode() or None
    except UnicodeDecodeError:
        return None
