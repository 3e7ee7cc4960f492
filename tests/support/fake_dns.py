"""A DNS server of one changing name, for what a headless Service does: A records of the pods that are ready now."""

import socket
import struct
import threading
from types import TracebackType
from typing import Self

_HEADER = struct.Struct(">HHHHHH")
_A, _ANSWER, _RECORD = 1, 0x8580, struct.Struct(">HHHIH4s")


class FakeDns:
    """Start with `with FakeDns() as dns`; whatever name is asked for has `addresses`."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                query, sender = self._socket.recvfrom(512)
            except OSError:
                return
            self._socket.sendto(self._answer(query), sender)

    def _answer(self, query: bytes) -> bytes:
        identifier = _HEADER.unpack_from(query)[0]
        end = query.index(b"\0", _HEADER.size) + 5
        (kind,) = struct.unpack_from(">H", query, end - 4)
        addresses = self.addresses if kind == _A else []
        records = [_RECORD.pack(0xC00C, _A, 1, 0, 4, socket.inet_aton(address)) for address in addresses]
        header = _HEADER.pack(identifier, _ANSWER, 1, len(records), 0, 0)
        return header + query[_HEADER.size : end] + b"".join(records)
