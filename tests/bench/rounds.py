"""Rounds interleaved between the servers: A B C, A B C, …, so that a slow minute of the machine hits all alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.loads import Load, Protocol, run
from bench.measured import Measured, best_rate
from bench.names import Name
from bench.open_loop import LoadFailed
from bench.payloads import Payloads
from bench.requests import Form
from bench.rig import Rig, Server
from churn_training.progress import say, step

_ROOM = 1.1
"""How many times the rate of an open loop a server must have reached in a closed one."""

Results = Mapping[Load, Mapping[Name, Sequence[Measured]]]
"""By load and subject, one entry per round."""


@dataclass(frozen=True)
class Subject:
    """A row of the table: a server and the form in which it is asked."""

    name: Name
    server: Server
    form: Form = Form.MATRIX

    def takes(self, load: Load) -> bool:
        """gRPC requests are written as matrices alone; REST every server speaks."""
        return load.protocol is Protocol.REST or (self.server.grpc_port is not None and self.form is Form.MATRIX)


def run_rounds(loads: Sequence[Load], subjects: Sequence[Subject], payloads: Payloads, rig: Rig) -> Results:
    """Run every load on every subject that takes it, a line of progress per round. Raises LoadFailed."""
    results: dict[Load, dict[Name, list[Measured]]] = {}
    for load in loads:
        asked = [subject for subject in subjects if subject.takes(load) and _keeps_up(load, subject.name, results)]
        results[load] = {subject.name: [] for subject in asked}
        for number in range(1, load.rounds + 1):
            with step(f"{load.title}: round {number} of {load.rounds}, {len(asked)} servers"):
                for subject in asked:
                    with rig.alone(subject.server):
                        results[load][subject.name].append(_measured(load, subject, payloads))
        say(f"    {_summary(load, results[load])}")
    return results


def _measured(load: Load, subject: Subject, payloads: Payloads) -> Measured:
    try:
        return run(load, subject.server, payloads.bodies(load.rows, subject.form), payloads)
    except LoadFailed as error:
        raise LoadFailed(f"{subject.name}: {error}") from error


def _keeps_up(load: Load, name: Name, results: Results) -> bool:
    """Whether an open loop is worth asking: one that cannot reach its rate only shows how long the queue gets."""
    return load.reached is None or best_rate(results[load.reached][name]) >= _ROOM * load.per_second


def _summary(load: Load, by_subject: Mapping[Name, Sequence[Measured]]) -> str:
    rates = (f"{name} {best_rate(rounds):,.0f}/s" for name, rounds in by_subject.items())
    return " · ".join(rates)
