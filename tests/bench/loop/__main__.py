"""`make bench-loop [STREAMS=folder]`: real streams with late labels under ten policies, and faults put into them.

python -m bench.loop [FOLDER]
"""

import sys
import time
from contextlib import ExitStack
from pathlib import Path

from bench.loop.detectors import AskedDetector, Detector, started
from bench.loop.faults import Answered, cases, inject, is_quiet
from bench.loop.loop_figures import record_figures
from bench.loop.loop_report import LOOP, write_report
from bench.loop.ours import NAME, replay_ours
from bench.loop.policies import Policy, behind_gate, every_one, never, on, scheduled
from bench.loop.replay import in_hindsight, replay
from bench.loop.results import Result, result_of
from bench.loop.stream import read_streams
from bench.loop.workshop import Workshop
from churn_training.progress import step

SCRATCH = Path("build/bench-loop")


def main() -> None:
    """Replay all streams and write LOOP.md. Ends with 1 where a figure falls short."""
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
    answered = [one for workshop in workshops for one in answers(workshop)]
    figures = record_figures(results, answered)
    write_report(streams, results, answered, figures, time.monotonic() - begun)
    print(LOOP.read_text(encoding="utf-8"))
    sys.exit(not all(figure.holds for figure in figures))


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
    with step(f"{stream.name}: {NAME}"):
        results.setdefault(NAME, {})[stream.name] = result_of(stream, replay_ours(workshop))


def answers(workshop: Workshop) -> list[Answered]:
    """What was done about every fault, where the stream begins quietly enough to put one into it."""
    name = workshop.stream.name
    with step(f"{name}: is it quiet"):
        if not is_quiet(workshop):
            return []
    with step(f"{name}: faults"):
        return [inject(workshop, case) for case in cases(workshop)]


if __name__ == "__main__":
    main()
