"""Process 1 of the sidecar's container: runs the sidecar as a child, and begins it again when it ends.

A native sidecar that does not run makes its whole pod NotReady, and one that crashes waits for up to five minutes. So
whatever the engine does, this process stays: it imports nothing that can fail, and next to nothing at all.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

from churn_runtimes.drift.child import NOT_STARTED, reap, start
from churn_runtimes.drift.memory_bound import resident_bytes
from churn_runtimes.drift.pauses import next_pause

_ENDS = (signal.SIGTERM, signal.SIGINT)
_LOOK_SECONDS = 1.0
_GRACE_SECONDS = 2.0
"""For the child to end after it was asked to."""
_MEBI = 1 << 20


def supervise(command: list[str], bound: int | None) -> None:
    """Run the command again and again until SIGTERM or SIGINT; `bound` is how many bytes of memory it may have."""
    # Blocked and waited for, so that none comes between a look and a wait; process 1 gets no other ones.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (*_ENDS, signal.SIGCHLD))
    pause = 0
    while True:
        began = time.monotonic()
        code = _run_once(command, before, bound)
        if code is None:
            return
        pause = next_pause(pause, time.monotonic() - began)
        _tell(f"the drift sidecar has ended by {_how(code)}; it begins again in {pause} s")
        if signal.sigtimedwait(_ENDS, pause):
            return


def _run_once(command: list[str], blocked: Iterable[int], bound: int | None) -> int | None:
    """As `_run`. The server beside may have taken all processes, or all memory, that the pod may have: that passes."""
    try:
        child = start(command, blocked)
    except OSError as error:
        _tell(f"the drift sidecar cannot be started: {error.strerror}")
        return NOT_STARTED
    return _run(child, bound)


def _how(code: int) -> str:
    """What ended it; not every signal has a name."""
    names = {one.value: one.name for one in signal.Signals}
    return f"exit code {code}" if code >= 0 else names.get(-code, f"signal {-code}")


def _run(child: int, bound: int | None) -> int | None:
    """Until the child has ended: its exit code, or None where it was asked to end."""
    asked = 0.0
    while (code := reap(child)) is None:
        caught = signal.sigtimedwait((*_ENDS, signal.SIGCHLD), _LOOK_SECONDS)
        if caught and caught.si_signo in _ENDS:
            asked = asked or time.monotonic()
            os.kill(child, caught.si_signo)
        elif asked and time.monotonic() - asked > _GRACE_SECONDS:
            os.kill(child, signal.SIGKILL)
        elif bound is not None and (has := resident_bytes(child)) > bound:
            _tell(f"the drift sidecar has {has // _MEBI} MiB of memory and may have {bound // _MEBI}: it is ended")
            os.kill(child, signal.SIGKILL)
    return None if asked else code


def _tell(text: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}", file=sys.stderr, flush=True)
