"""The picture that `make demo-drift` ends with can be read: nothing that is written lies upon something else."""

from itertools import combinations

import pytest
from churn_operator.decide.drift.evidence import DriftEvidence, Signal, SignalState
from churn_operator.decide.gates.judgement import GateVerdict
from support.demo_drift_picture import ShownWindow, picture

_STORY = (
    ("usual customers", 3, ""),
    ("charges come in cents", 1, "FREEZE"),
    ("the source is mended", 4, "THAW"),
    ("a rival has come", 2, "RETRAIN"),
    ("version 2 answers", 3, ""),
    ("version 3 answers", 1, "ROLL BACK"),
)
SHORT = tuple((story, 1, done) for story, _, done in _STORY)


def _windows(story: tuple[tuple[str, int, str], ...]) -> list[ShownWindow]:
    evidence = DriftEvidence("sha256:1", "r1", tuple(SignalState(one, GateVerdict.PASS) for one in Signal))
    return [
        ShownWindow(told, 1, evidence, 0.6 + 0.02 * number, (done,) if done and number == count - 1 else ())
        for told, count, done in story
        for number in range(count)
    ]


@pytest.mark.parametrize("story", [_STORY, SHORT], ids=["as it is told", "one window for each"])
def test_no_caption_lies_upon_another(story: tuple[tuple[str, int, str], ...]) -> None:
    figure = picture(_windows(story))
    figure.draw_without_rendering()
    legends = [legend for axes in figure.axes if (legend := axes.get_legend())]
    captions = [text for place in figure.axes for text in place.texts]
    texts = [*captions, *(text for legend in legends for text in legend.get_texts())]
    assert len(captions) == 2 * len(story) - sum(not done for *_, done in story)
    boxes = [(one.get_text(), one.get_window_extent()) for one in texts]
    assert not [(one, other) for (one, first), (other, second) in combinations(boxes, 2) if first.overlaps(second)]
