"""A load of one prepared request, cheap enough to ask five times more of a server than it can give from one core.

`python -m support.hardening.load '<settings as JSON>'` prints a Result as JSON. Closed loop without `per_second`:
every connection asks again once it is answered. Open loop with it: requests start when their time has come,
over any free connection or a new one, and are lost to the client when all `connections` are waiting.
"""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Load:
    """What to send, where, and how much of it."""

    port: int
    request: str
    """A file with the bytes of the request."""
    seconds: float
    connections: int
    per_second: float | None = None
    depth: int = 1
    """Requests that a connection sends at once and has answered in order, in a closed loop."""
    patience: float = 5.0
    """Seconds that a client waits; an answer after that is worth nothing."""


@dataclass
class Result:
    """What came of it; a good answer is 200 in time."""

    seconds: float = 0.0
    started: int = 0
    no_connection: int = 0
    late: int = 0
    broken: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    without_retry_after: int = 0
    p999: float = 0.0
    """Seconds within which all but a thousandth of the answers came, whatever they said."""

    @property
    def good_per_second(self) -> float:
        """Goodput."""
        return self.statuses.get("200", 0) / self.seconds


def start(load: Load) -> "subprocess.Popen[str]":
    """The generator as a process of its own, on core 1."""
    command = ["taskset", "--cpu-list", "1", sys.executable, "-m", "support.hardening.load", json.dumps(asdict(load))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process: "subprocess.Popen[str]") -> Result:
    """Wait for its end."""
    return Result(**json.loads(process.communicate()[0]))


if __name__ == "__main__":
    import uvloop
    from support.hardening.load_generator import generate

    print(json.dumps(asdict(uvloop.run(generate(Load(**json.loads(sys.argv[1])))))))
