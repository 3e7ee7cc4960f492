"""Sidecars, labels and retraining Jobs of the simulated cluster: what evidence says, and what its Jobs make."""

from dataclasses import dataclass, field
from typing import Any

from churn_models.names import CHALLENGER
from churn_operator.api.status import ServedRevision
from churn_operator.audit.loop import Retraining
from churn_operator.decide.drift.evidence import DriftEvidence, Signal, SignalState
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.observe.expected import Expected
from churn_operator.observe.training import TrainingJob
from support.simulated_chain import text_of
from support.simulated_registry import SimulatedRegistry
from support.simulated_versions import Version

WINDOW_SECONDS = 900.0
_TRAINS_SECONDS = 1200.0


@dataclass
class SimulatedJob:
    """One Job of a retraining."""

    begun: float
    champion: str
    """Version that was it when the Job began."""
    exit_code: int
    """Of its container; 0 makes a version."""

    def ended(self, now: float) -> bool:
        """Whether it has."""
        return now - self.begun >= _TRAINS_SECONDS


@dataclass
class SimulatedLoop:
    """Of one ChurnModel. Without `sees` nobody looks."""

    sees: dict[Signal, tuple[GateVerdict, float]] = field(default_factory=dict)
    """By signal what is the case, and since when."""
    jobs: dict[str, SimulatedJob] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    """Names of Jobs in the order in which they were made."""
    exit_codes: list[int] = field(default_factory=list)
    """Of the next Jobs; when there are no more of them, they make versions."""
    made: int = 0

    def see(self, now: float, **verdicts: GateVerdict) -> None:
        """From now on; signals by their names in lower case, the others stay as they are, at first they pass."""
        for signal in Signal:
            verdict = verdicts.get(signal.name.lower(), self.sees.get(signal, (GateVerdict.PASS, now))[0])
            if signal not in self.sees or self.sees[signal][0] is not verdict:
                self.sees[signal] = verdict, now

    def is_seen(self, signal: Signal) -> GateVerdict:
        """What is the case."""
        return self.sees.get(signal, (GateVerdict.UNKNOWN, 0.0))[0]

    def start(self, retraining: Retraining, now: float) -> None:
        """Make its Job, if there is none of that name."""
        name = retraining.occasion.name
        if name not in self.jobs:
            self.started.append(name)
            self.jobs[name] = SimulatedJob(now, "", self.exit_codes.pop(0) if self.exit_codes else 0)

    def turn(self, now: float, registry: SimulatedRegistry) -> None:
        """A Job that ends well registers a version as challenger, compared with the champion."""
        for job in self.jobs.values():
            if job.exit_code == 0 and not job.champion and job.ended(now):
                job.champion, self.made = registry.aliases["champion"], self.made + 1
                number, champion = str(100 + self.made), registry.versions[job.champion].digest
                expected = Expected(champion, score_psi=0.01, rank_correlation=0.98, passed=True)
                registry.versions[number] = Version(number, comparison=expected)
                registry.aliases[CHALLENGER] = number

    def observe(self, now: float, stable: ServedRevision | None) -> dict[str, Any]:
        """What of it the operator sees."""
        jobs = {
            name: TrainingJob(job.ended(now), job.ended(now) and job.exit_code > 0, "", exit_code=job.exit_code or None)
            for name, job in self.jobs.items()
        }
        return {"retrainings": jobs, "drift": self._drift(now, stable)}

    def _drift(self, now: float, stable: ServedRevision | None) -> DriftEvidence | None:
        if stable is None or not self.sees:
            return None
        signals = tuple(
            SignalState(signal, verdict, text_of(since), f"{signal} is {verdict}", began=text_of(since))
            for signal, (verdict, since) in self.sees.items()
        )
        end = text_of(now // WINDOW_SECONDS * WINDOW_SECONDS)
        return DriftEvidence(stable.digest, stable.revision, signals, 1000, 0, end)
