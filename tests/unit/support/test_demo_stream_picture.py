"""The picture that `make demo-stream` ends with."""

from itertools import combinations

import numpy as np
from support.demo_stream_picture import Happened, picture

_BEGAN = 1_700_000_000.0


def test_what_happened_stands_where_it_happened_and_nothing_lies_upon_it() -> None:
    due = _BEGAN + np.arange(3_000) / 100
    waits = np.where((due > _BEGAN + 10) & (due < _BEGAN + 14), 1_000 * (_BEGAN + 14 - due), 8.0).astype(np.float64) + 1
    told = [Happened(_BEGAN + 10 * number, text) for number, text in enumerate(["well", "killed", "back"])]
    figure = picture(due, waits, told)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    middle, slowest = axes.lines[0], axes.lines[2]
    assert [len(np.asarray(line.get_xdata())) for line in (middle, slowest)] == [120, 120]
    assert np.max(np.asarray(slowest.get_ydata())) > 3_900
    assert [text.get_position()[0] for text in axes.texts] == [0, 10, 20]
    legend = axes.get_legend()
    assert legend
    boxes = [text.get_window_extent() for text in [*axes.texts, *legend.get_texts()]]
    boxes.append(slowest.get_window_extent())
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
