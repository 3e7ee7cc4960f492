"""Every status that the ChurnModels of the namespace churn have, each with the moment when it came, by one watch.

Many tests that wait side by side read it in place of a kubectl of their own each.
"""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from support.eventually import eventually
from support.kubectl import Kubectl

_PIECE = 65536


class Seen(NamedTuple):
    """A ChurnModel at one moment."""

    time: float
    generation: int
    status: dict[str, Any]

    @property
    def state(self) -> str:
        """The one word."""
        return str(self.status.get("state", ""))

    @property
    def is_current(self) -> bool:
        """Whether the operator has seen the spec as it is."""
        return self.status.get("observedGeneration") == self.generation


@dataclass
class ChurnModelWatch:
    """What has been seen so far, by name, oldest first."""

    seen: dict[str, list[Seen]] = field(default_factory=dict)

    def now(self, name: str) -> Seen | None:
        """As last seen."""
        return self.seen.get(name, [None])[-1]

    def since(self, name: str, moment: float) -> list[Seen]:
        """Those from this moment on, after the one that it found."""
        all_of_them = list(self.seen.get(name, []))
        before = [one for one in all_of_them if one.time < moment]
        return before[-1:] + all_of_them[len(before) :]

    def wait(self, name: str, check: Callable[[Seen], object], seconds: float, after: float = 0.0) -> Seen:
        """The first one that came after this moment, is of the present spec, and passes the check."""

        def find() -> Seen | None:
            found = [one for one in self.since(name, after)[1 if after else 0 :] if one.is_current and check(one)]
            assert found, self.now(name)
            return found[0]

        found = eventually(find, seconds, pause=0.2)
        assert found
        return found

    def note(self, document: dict[str, Any]) -> None:
        """One more."""
        metadata = document["metadata"]
        seen = Seen(time.time(), int(metadata["generation"]), document.get("status", {}))
        self.seen.setdefault(metadata["name"], []).append(seen)


@contextmanager
def churn_model_watch(kubectl: Kubectl) -> Iterator[ChurnModelWatch]:
    """During the block."""
    command = ["kubectl", "-n", "churn", "get", "churnmodels", "-w", "-o", "json"]
    watch = ChurnModelWatch()
    child = subprocess.Popen(command, env=dict(kubectl.environment), stdout=subprocess.PIPE)
    reader = threading.Thread(target=_read, args=(child, watch), daemon=True)
    reader.start()
    try:
        yield watch
    finally:
        child.terminate()
        child.wait()
        reader.join()
        assert child.stdout
        child.stdout.close()


def _read(child: "subprocess.Popen[bytes]", watch: ChurnModelWatch) -> None:
    assert child.stdout
    decoder, text = json.JSONDecoder(), ""
    # read1 gives what there is; the last document may be half written.
    while piece := child.stdout.read1(_PIECE):  # type: ignore[attr-defined]
        text = (text + piece.decode(errors="replace")).lstrip()
        while text:
            try:
                document, end = decoder.raw_decode(text)
            except json.JSONDecodeError:
                break
            watch.note(document)
            text = text[end:].lstrip()
