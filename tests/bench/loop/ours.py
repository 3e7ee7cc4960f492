"""Our policy: pods' counts, the operator's evidence, rules and brakes, training's gate, and the gates of pairs.

Everything that decides is the product's own code; what is played here is time, pods and labels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bench.loop.gate import beside, digest_of_model, passes, score_edges
from bench.loop.late_labels import Labels, Serving, labels_of
from bench.loop.replay import Played, Promotion
from bench.loop.stream import Stream, Window
from bench.loop.traffic import REPORTS, Sidecars, Traffic, reference_for
from bench.loop.workshop import Model, Workshop
from churn_models.combine import Scores
from churn_models.comparison import Comparison
from churn_models.paired_scores import PairedScores
from churn_operator.api.rollout import Gates
from churn_operator.api.spec import ChurnModelSpec
from churn_operator.decide.actions import Action, Recall, Retrain, RollBack
from churn_operator.decide.drift.advance import advance
from churn_operator.decide.drift.evidence import DriftEvidence
from churn_operator.decide.drift.evidence_of_state import evidence_of_state
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.drift.state import DriftState
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.gates.scores import judge_rank_correlation, judge_score_psi
from churn_operator.decide.paired_evidence import PairedEvidence, Scored
from churn_operator.observe.expected import Expected
from churn_training.errors import GateFailed
from support.operator_side import SPEC, OperatorSide

NAME = "ours"
_SETTINGS = DriftSettings(max_age=7 * 86_400.0)


@dataclass(frozen=True)
class Candidate:
    """A challenger that training's gate let pass; `pairs` are cells of both models' bins, as far as both scored."""

    model: Model
    comparison: Comparison
    pairs: dict[tuple[int, int], int] = field(default_factory=dict)

    def judge(self, stream: Stream, champion: Model, scores: tuple[Scores, Scores]) -> GateVerdict:
        """After one more window of both models' scores, by the gates of a rollout."""
        edges = score_edges(champion)
        first, second = (np.searchsorted(edges, side, side="left") for side in scores)
        for cell in zip(first.tolist(), second.tolist(), strict=True):
            self.pairs[cell] = self.pairs.get(cell, 0) + 1
        stable, tried = digest_of_model(stream, champion), digest_of_model(stream, self.model)
        joint = PairedScores(
            stable=stable,
            other=tried,
            edges_of=stable,
            bins=len(edges) + 1,
            cells=tuple((i, j, rows) for (i, j), rows in sorted(self.pairs.items())),
        )
        evidence = PairedEvidence(Scored(tried), Scored(stable), joint, most_of_a_pod=joint.rows)
        expected = Expected.of(self.comparison)
        found = {gate(evidence, Gates(), expected, True).verdict for gate in (judge_score_psi, judge_rank_correlation)}
        if GateVerdict.FAIL in found:
            return GateVerdict.FAIL
        return GateVerdict.PASS if found == {GateVerdict.PASS} else GateVerdict.UNKNOWN


class OurLoop:
    """One ChurnModel over a stream, window by window."""

    def __init__(self, workshop: Workshop, labels: Labels | None = None, spec: Mapping[str, Any] = SPEC) -> None:
        self.workshop, self.stream = workshop, workshop.stream
        self.labels = labels or Labels.of(workshop.stream)
        self.operator = OperatorSide(ChurnModelSpec.model_validate(spec))
        self.candidate: Candidate | None = None
        self.drift: DriftEvidence | None = None
        self._serve(workshop.first(), self.stream.begins, None)

    @property
    def champion(self) -> Model:
        """What answers."""
        return self.serving.model

    def _serve(self, model: Model, first: int, before: Model | None) -> None:
        self.serving = Serving(model, first, model.scores.copy(), before)
        digest = digest_of_model(self.stream, model)
        self.operator.serve(str(model.number), digest, self.stream.moment(first))
        self.reference = reference_for(self.stream, model)
        self.sidecars = Sidecars(self.stream, model, self.reference, digest)
        stable = self.operator.stable
        assert stable is not None
        self.state = DriftState(revision=stable.identifier, digest=digest)

    def after(self, window: Window, traffic: Traffic | None = None) -> list[Action]:
        """What the operator does after the window; `traffic`: rows that are not those of the stream."""
        now = self.stream.moment(window.end - 1)
        scores = self._count(window, traffic)
        self.drift = evidence_of_state(self.state, now)
        if self.operator.memory.loop.frozen_since:
            self.serving.faulty.append(window.rows)
        done = self.operator.look(self.drift, labels_of(self.stream, self.serving, self.labels, window), now)
        if self.candidate and not self.operator.memory.loop.frozen_since:
            self._try(self.candidate, window, scores, now)
        return done

    def _count(self, window: Window, traffic: Traffic | None) -> Scores:
        scores = self.champion.member.score(traffic.matrix) if traffic else self.champion.scores[window.rows]
        self.serving.scores[window.rows] = scores
        came = traffic or Traffic.of(self.stream, window)
        for part in range(REPORTS):
            last = window.first + (window.end - window.first) * (part + 1) // REPORTS - 1
            now = self.stream.moment(last)
            reports = self.sidecars.count(came, scores, part, now)
            self.state = advance(self.state, reports, self.reference, _SETTINGS, now)
        return scores

    def train(self, window: Window) -> None:
        """The Job that the operator asked for; its challenger is tried from the next window on."""
        challenger = self.workshop.challenger(window)
        comparison = beside(self.stream, self.champion, challenger)
        if passes(comparison):
            self.candidate = Candidate(challenger, comparison)
        else:
            self.operator.end_retraining("the gate kept the champion", GateFailed.exit_code)

    def propose(self, challenger: Model) -> None:
        """It is tried from the next window on, whatever the gate says of it."""
        self.candidate = Candidate(challenger, beside(self.stream, self.champion, challenger))

    def _try(self, candidate: Candidate, window: Window, scores: Scores, now: str) -> None:
        verdict = candidate.judge(self.stream, self.champion, (scores, candidate.model.scores[window.rows]))
        if verdict is GateVerdict.UNKNOWN:
            return
        self.candidate = None
        self.operator.end_retraining(f"version {candidate.model.number}")
        if verdict is GateVerdict.PASS:
            self._serve(candidate.model, window.end, self.champion)
        else:
            digest = digest_of_model(self.stream, candidate.model)
            self.operator.reject(str(candidate.model.number), digest, "its scores differ", now)

    def go_back(self, window: Window) -> None:
        """The version before answers again."""
        assert self.serving.before is not None
        self._serve(self.serving.before, window.end, None)


def replay_ours(workshop: Workshop) -> Played:
    """From the first model to the end of the stream."""
    loop, served = OurLoop(workshop), list[Model]()
    promotions: list[Promotion] = []
    rollbacks: list[Promotion] = []
    trained = 0
    windows = list(workshop.stream.windows())
    for window in windows:
        champion = loop.champion
        served.append(champion)
        done = loop.after(window)
        if any(isinstance(one, RollBack | Recall) for one in done):
            loop.go_back(window)
            rollbacks.append(Promotion(window.number + 1, champion, loop.champion))
        elif loop.champion is not champion:
            promotions.append(Promotion(window.number + 1, champion, loop.champion))
        elif any(isinstance(one, Retrain) for one in done) and window is not windows[-1]:
            loop.train(window)
            trained += 1
    return Played(NAME, tuple(served), trained, tuple(promotions), tuple(rollbacks))
