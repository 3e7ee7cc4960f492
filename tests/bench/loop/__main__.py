"""`make bench-loop [STREAMS=folder]`: real streams with late labels under policies that retrain and promote.

python -m bench.loop [FOLDER]
"""

import sys
import time
from contextlib import ExitStack
from pathlib import Path

from bench.loop.detectors import AskedDetector, Detector, started
from bench.loop.policies import Policy, behind_gate, every_one, never, on, scheduled
from bench.loop.replay import in_hindsight, replay
from bench.loop.results import Result, result_of, rows_of_table
from bench.loop.stream import read_streams
from bench.loop.workshop import Workshop
from bench.table import markdown
from churn_training.progress import step

SCRATCH = Path("build/bench-loop")


def main() -> None:
    """Replay all streams. Prints what each came to."""
    begun = time.monotonic()
    streams = read_streams(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    if not streams:
        print("no streams in CHURN_DATA_DIR or ../shared/data: nothing to replay (tests/bench/loop/STREAMS.md)")
        return
    workshops = [Workshop(stream) for stream in streams]
    results: dict[str, dict[str, Result]] = {}
    with ExitStack() as stack:
        detectors = {one: stack.enter_context(started(one, SCRATCH.resolve())) for one in Detector}
        policies = others({one: asked for one, asked in detectors.items() if asked})
        for workshop in workshops:
            play(workshop, policies, results)
    print(markdown(rows_of_table(results, [stream.name for stream in streams])))
    print(f"{time.monotonic() - begun:.0f} s")


def others(detectors: dict[Detector, AskedDetector]) -> list[Policy]:
    """All but the oracle and ours."""
    policies = [
        Policy("never", never, every_one),
        Policy("schedule, promote all", scheduled, every_one),
        Policy("schedule, our gate", scheduled, behind_gate),
    ]
    for name, asked in detectors.items():
        policies.append(Policy(f"{name}, promote all", on(asked.alarms), every_one))
        policies.append(Policy(f"{name}, our gate", on(asked.alarms), behind_gate))
    return policies


def play(workshop: Workshop, policies: list[Policy], results: dict[str, dict[str, Result]]) -> None:
    """All policies over one stream."""
    stream = workshop.stream
    with step(f"{stream.name}: oracle"):
        results.setdefault("oracle", {})[stream.name] = result_of(stream, in_hindsight(workshop))
    for policy in policies:
        with step(f"{stream.name}: {policy.name}"):
            results.setdefault(policy.name, {})[stream.name] = result_of(stream, replay(workshop, policy))


if __name__ == "__main__":
    main()
