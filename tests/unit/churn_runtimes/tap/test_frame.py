"""What the tap writes is what the sidecar reads, and nothing else is read."""

import numpy as np
import pytest
from churn_runtimes.tap.frame import Frame, FrameInvalid, read_frame, write_frame

FRAME = Frame(
    "sha256:a", np.array([[1, np.nan]] * 3, dtype=np.float32), np.array([0.1, 0.2, np.nan]), {"plan": 2}, {"x": 9}
)
WRITTEN = write_frame(FRAME)
GARBAGE = {
    "nothing": b"",
    "half a head": WRITTEN[:7],
    "half a frame": WRITTEN[:-1],
    "more than a frame": WRITTEN + b"x",
    "another program's": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "another version's": b"CST2" + WRITTEN[4:],
    "JSON that is none": WRITTEN.replace(b'{"digest"', b'["digest"'),
    "a length beyond the end": WRITTEN[:4] + b"\xff\xff\xff\x7f" + WRITTEN[8:],
}


def test_a_frame_is_read_as_it_was_written() -> None:
    found = read_frame(WRITTEN)
    assert (found.digest, found.unseen, found.dropped) == ("sha256:a", {"plan": 2}, {"x": 9})
    assert np.array_equal(found.matrix, FRAME.matrix, equal_nan=True)
    assert np.array_equal(found.scores, FRAME.scores, equal_nan=True)


def test_rows_may_lie_in_any_order_in_memory() -> None:
    matrix = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(3, 2))
    found = read_frame(write_frame(Frame("d", matrix, np.zeros(3), {}, {})))
    assert np.array_equal(found.matrix, matrix)


@pytest.mark.parametrize("content", GARBAGE.values(), ids=list(GARBAGE))
def test_garbage_is_no_frame(content: bytes) -> None:
    with pytest.raises(FrameInvalid):
        read_frame(content)
