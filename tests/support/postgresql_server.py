"""A real PostgreSQL server of the tests' own: its data in a scratch folder, its port free, ended by its own pid."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from support.free_port import free_port
from support.processes import Process

_READY_SECONDS = 30


class PostgresqlServer:
    """Start with `with PostgresqlServer(folder) as server`; `url` is a database that exists."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"postgresql://tester@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True)
        user = _unprivileged_user(self._folder)
        data = str(self._folder / "data")
        subprocess.run(
            [*user, _binary("initdb"), "-D", data, "-U", "tester", "--auth=trust", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        command = [_binary("postgres"), "-D", data, "-p", str(self._port), "-h", "127.0.0.1", "-k", "", "-F"]
        self._process = Process([*user, *command], self._folder.with_suffix(".log"), os.environ)
        self._process.wait_until(self._answers, _READY_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.stop()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _unprivileged_user(folder: Path) -> list[str]:
    # PostgreSQL refuses to run as root; setpriv, unlike su, leaves no process in between.
    if os.getuid() != 0:
        return []
    account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def _binary(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else shutil.which(name) or name
