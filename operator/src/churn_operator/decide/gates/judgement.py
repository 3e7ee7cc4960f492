"""What gates find: a verdict for each, one for all. `judge` and `judge_serving` make it, rules and status read it."""

from dataclasses import dataclass, field, replace
from enum import StrEnum


class GateVerdict(StrEnum):
    """What the evidence says."""

    PASS = "Pass"  # enough evidence, and nothing against it
    FAIL = "Fail"  # chance does not explain what was seen
    UNKNOWN = "Unknown"  # too little evidence, or neither of the two


class Gate(StrEnum):
    """What is compared."""

    FAULTS = "Faults"  # scoring that fails, scores that are no numbers or lie outside of 0 to 1
    LATENCY = "Latency"  # time that scoring takes
    SCORE_PSI = "ScorePSI"  # how the scores are distributed
    RANK_CORRELATION = "RankCorrelation"  # in which order the scores put the rows
    FAILURES = "Failures"  # requests that pods answered with an error of theirs
    NOT_SCORES = "NotScores"  # rows that pods answered without a score that is a number from 0 to 1
    ANSWER_TIME = "AnswerTime"  # time that pods take to answer


_OF_SCORES = (Gate.SCORE_PSI, Gate.RANK_CORRELATION)


@dataclass(frozen=True)
class GateResult:
    """Of one gate."""

    gate: Gate
    verdict: GateVerdict
    message: str
    """Figures and bounds, for a person."""
    figures: dict[str, float] = field(default_factory=dict)
    """The same, for the audit record."""


@dataclass(frozen=True)
class Judgement:
    """Of all gates."""

    results: tuple[GateResult, ...]
    pairs: int = 0
    """Counted in this step."""
    both_are_bad: bool = False
    """Both have more faults than asked for, and neither is the better one for sure: nobody is helped by going back."""

    def without_scores(self) -> "Judgement":
        """By faults and time alone."""
        return replace(self, results=tuple(one for one in self.results if one.gate not in _OF_SCORES))

    @property
    def verdict(self) -> GateVerdict:
        """FAIL if any fails, PASS if all pass."""
        found = {result.verdict for result in self.results}
        if GateVerdict.FAIL in found:
            return GateVerdict.FAIL
        return GateVerdict.UNKNOWN if GateVerdict.UNKNOWN in found else GateVerdict.PASS

    @property
    def message(self) -> str:
        """Of the gates that decided it."""
        told = dict.fromkeys(result.message for result in self.results if result.verdict is self.verdict)
        return "; ".join(told)
