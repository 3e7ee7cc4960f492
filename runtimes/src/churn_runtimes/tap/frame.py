"""What the tap writes to the sidecar's socket: one message of rows. Both ends are of one pod.

Little-endian: the head, its JSON, the encoded rows as float32, and P(churn) of each as float64.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import orjson
from churn_models.digest import Digest
from churn_models.encoding import Matrix
from churn_models.errors import ChurnModelsError
from numpy.typing import NDArray

_HEAD = struct.Struct("<4sIII")
_MAGIC = b"CST1"
LARGEST = 256 << 10
"""Bytes of a message, at most: the kernel's usual buffer for a socket's unread messages holds less than this."""
ROWS_BYTES = 64 << 10
"""Bytes of the encoded rows that the tap puts into one message."""


class FrameInvalid(ChurnModelsError):
    """Bytes that are no message of the tap's."""


@dataclass(frozen=True)
class Frame:
    """Rows `[rows, features]` with the scores of the bundle that the digest names, `[rows]`."""

    digest: Digest
    matrix: Matrix
    scores: NDArray[np.float64]
    unseen: Mapping[str, int]
    """Values of these rows that are no category, by feature."""
    dropped: Mapping[str, int]
    """Rows that were not sent since the last message, by reason."""


def write_frame(frame: Frame) -> bytes:
    """As bytes."""
    told = orjson.dumps({"digest": frame.digest, "unseen": frame.unseen, "dropped": frame.dropped})
    rows, features = frame.matrix.shape
    head = _HEAD.pack(_MAGIC, len(told), rows, features)
    return b"".join(
        [head, told, frame.matrix.astype("<f4", copy=False).tobytes(), frame.scores.astype("<f8", copy=False).tobytes()]
    )


def read_frame(content: bytes) -> Frame:
    """Raises FrameInvalid."""
    try:
        magic, length, rows, features = _HEAD.unpack_from(content)
        told = orjson.loads(content[_HEAD.size : _HEAD.size + length])
        values = np.frombuffer(content, "<f4", rows * features, _HEAD.size + length)
        scores = np.frombuffer(content, "<f8", rows, _HEAD.size + length + values.nbytes)
        if magic != _MAGIC or len(content) != _HEAD.size + length + values.nbytes + scores.nbytes:
            raise FrameInvalid(f"{len(content)} bytes are no message of the tap's")
        return Frame(told["digest"], values.reshape(rows, features), scores, told["unseen"], told["dropped"])
    except (struct.error, ValueError, TypeError, KeyError) as error:
        raise FrameInvalid(f"{len(content)} bytes are no message of the tap's: {error}") from error
