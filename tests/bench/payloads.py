"""The requests as files, which is how the generators take them."""

from dataclasses import dataclass
from pathlib import Path

from bench.requests import Form, Rows, grpc_messages, json_bodies
from mlserver.grpc import dataplane_pb2 as messages

SIZES = (1, 32)
"""Rows in a request."""


@dataclass(frozen=True)
class Payloads:
    """A folder that `write_payloads` has filled."""

    folder: Path

    def bodies(self, rows: int, form: Form) -> Path:
        """JSON bodies, one per line."""
        return self.folder / f"{form.name.lower()}-{rows}.jsonl"

    def messages(self, rows: int) -> Path:
        """gRPC messages, each after its length."""
        return self.folder / f"messages-{rows}.bin"

    @property
    def protoset(self) -> Path:
        """The protocol's description."""
        return self.folder / "protocol.protoset"


def write_payloads(rows: Rows, folder: Path) -> Payloads:
    """Write every size and form."""
    folder.mkdir(parents=True, exist_ok=True)
    payloads = Payloads(folder)
    for size in SIZES:
        for form in Form:
            payloads.bodies(size, form).write_bytes(b"\n".join(json_bodies(rows, size, form)) + b"\n")
        payloads.messages(size).write_bytes(b"".join(_delimited(message) for message in grpc_messages(rows, size)))
    # A FileDescriptorSet is nothing but files, each as field 1.
    payloads.protoset.write_bytes(b"\x0a" + _delimited(messages.DESCRIPTOR.serialized_pb))
    return payloads


def _delimited(message: bytes) -> bytes:
    length, prefix = len(message), bytearray()
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + message
