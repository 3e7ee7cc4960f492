"""Rounds interleaved between the servers: A B C, A B C, …, so that a slow minute of the machine hits all alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.loads import Load, Protocol, run
from bench.measured import Measured, best_rate
from bench.names import Name
from bench.payloads import Payloads
from bench.requests import Form
from bench.rig import Server
from churn_training.progress import say, step

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


def run_rounds(loads: Sequence[Load], subjects: Sequence[Subject], payloads: Payloads) -> Results:
    """Run every load on every subject that takes it, a line of progress per round. Raises LoadFailed."""
    results: dict[Load, dict[Name, list[Measured]]] = {}
    for load in loads:
        asked = [subject for subject in subjects if subject.takes(load)]
        results[load] = {subject.name: [] for subject in asked}
        rates = {name: best_rate(rounds) / 2 for name, rounds in results[load.half_of].items()} if load.half_of else {}
        for number in range(1, load.rounds + 1):
            with step(f"{load.title}: round {number} of {load.rounds}, {len(asked)} servers"):
                for subject in asked:
                    bodies = payloads.bodies(load.rows, subject.form)
                    measured = run(load, subject.server, bodies, payloads, rates.get(subject.name, 0.0))
                    results[load][subject.name].append(measured)
        say(f"    {_summary(load, results[load])}")
    return results


def _summary(load: Load, by_subject: Mapping[Name, Sequence[Measured]]) -> str:
    rates = (f"{name} {best_rate(rounds):,.0f}/s" for name, rounds in by_subject.items())
    return " · ".join(rates)
