"""Not a peer: the same fixed answer to whatever was asked, so that the table shows what the load generators can do.

python -m bench.peers.static_answer PORT
"""

import asyncio
import sys
from typing import cast

import uvloop

_BODY = b'{"outputs":[{"name":"churn_probability","datatype":"FP64","shape":[1],"data":[0.5]}]}'
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)


class StaticAnswer(asyncio.Protocol):
    """Answers every packet; the generators send one request in one packet and wait for its answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer at once."""
        self._transport.write(_ANSWER)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(StaticAnswer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
