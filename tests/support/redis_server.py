"""A real Redis server of the tests' own: Debian's, its data in a scratch folder, its port free, ended by its pid."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from redis import Redis
from redis.exceptions import RedisError
from support.debian_package import installed
from support.free_port import free_port
from support.processes import Process

_READY_SECONDS = 30
_SLOTS = 16_384
READER_RIGHTS = ["~cs:*", "+get", "+mget"]
"""What README says that servers need."""
WORKER_RIGHTS = [*READER_RIGHTS, "+set", "+fcall", "+function|load"]
"""And workers."""


class RedisServer:
    """Start with `with RedisServer(folder) as server`; `url` is its address. It keeps every write (AOF)."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._options = options

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        place = [
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self._folder),
            "--save",
            "",
            "--shutdown-timeout",
            "0",
        ]
        kept = ["--appendonly", "yes", "--appendfsync", "always"]
        self._command = [installed("redis-server", "redis-server"), *place, *kept, *self._options]
        self.start()
        return self

    def start(self) -> None:
        """Again after `stop`, with the data that are there."""
        self._process = Process(self._command, self._folder / "redis.log", os.environ)
        self._process.wait_until(self._answers, _READY_SECONDS)

    def stop(self) -> None:
        """As SIGTERM does."""
        self._process.stop()

    def pause(self) -> None:
        """Let it stand still; `stop` ends it all the same."""
        self._process.pause()

    def go_on(self) -> None:
        """End the pause."""
        self._process.go_on()

    def client(self) -> "Redis":
        """A plain one, for what tests do to the data."""
        return Redis(port=self.port, socket_timeout=5)

    def wait_until_clustered(self, servers: int) -> None:
        """Until it knows so many servers and every slot has one of them."""

        def is_ready() -> bool:
            with self.client() as client:
                told = bytes(client.execute_command("CLUSTER", "INFO"))
            return b"cluster_state:ok" in told and b"cluster_known_nodes:%d" % servers in told

        self._process.wait_until(is_ready, _READY_SECONDS)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False


class RedisClusterServers:
    """Three primaries that share the slots; `url` is the address of one."""

    def __init__(self, folder: Path) -> None:
        self.servers = [
            RedisServer(folder / str(number), ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"])
            for number in range(3)
        ]
        self.url = f"redis+cluster://127.0.0.1:{self.servers[0].port}"

    def __enter__(self) -> Self:
        self._running = ExitStack()
        for server in self.servers:
            self._running.enter_context(server)
        count = len(self.servers)
        for number, server in enumerate(self.servers):
            with server.client() as client:
                last = (number + 1) * _SLOTS // count - 1
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", number * _SLOTS // count, last)
                client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                client.execute_command("CLUSTER", "MEET", "127.0.0.1", self.servers[0].port)
        for server in self.servers:
            server.wait_until_clustered(count)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()
