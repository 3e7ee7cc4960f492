"""One number of a member's file written anew, so that everything else in the file still fits."""

import io
import re
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
from churn_models.scoring.structure.flatbuffer import Table

Content = Callable[[bytes], bytes]


def lightgbm(name: str, place: int, value: str) -> Content:
    """A value of a line of the first tree, `tree_sizes` with it."""

    def write(content: bytes) -> bytes:
        head, marker, rest = content.partition(b"Tree=0\n")
        tree, blank, others = rest.partition(b"\n\n\nTree=1\n")
        line = re.search(rf"^{name}=(.*)$", tree.decode(), re.MULTILINE)
        assert line, name
        values = line[1].split()
        values[place] = value
        changed = tree.decode().replace(line[0], f"{name}={' '.join(values)}").encode()
        sizes = re.search(rb"tree_sizes=(\d+)", head)
        assert sizes
        size = int(sizes[1]) + len(changed) - len(tree)
        return head.replace(sizes[0], b"tree_sizes=%d" % size) + marker + changed + blank + others

    return write


def text(old: str, new: str) -> Content:
    """The first such words replaced; there must be some."""

    def write(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode(), 1)

    return write


def xgboost(name: str, place: int, value: int) -> Content:
    """A value of the first tree's list of 32-bit numbers."""

    def write(content: bytes) -> bytes:
        marker = struct.pack(">q", len(name)) + name.encode() + b"[$l#L"
        begin = content.index(marker) + len(marker) + 8 + 4 * place
        return content[:begin] + struct.pack(">i", value) + content[begin + 4 :]

    return write


def forest(field: str, place: int, value: float) -> Content:
    """A value of one field of the first tree's nodes."""

    def change(array: Any) -> bool:
        if array.dtype.names is None:
            return False
        array[field][place] = value
        return True

    return arrays(change)


def arrays(change: Callable[[Any], bool]) -> Content:
    """The first array of a skops file that `change` has changed."""

    def write(content: bytes) -> bytes:
        written, done = io.BytesIO(), False
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
            for name in old.namelist():
                part = old.read(name)
                if not done and name.endswith(".npy"):
                    array = np.load(io.BytesIO(part))
                    done = change(array)
                    saved = io.BytesIO()
                    np.save(saved, array)
                    part = saved.getvalue()
                new.writestr(name, part)
        assert done
        return written.getvalue()

    return write


def skops_schema(old: str, new: str) -> Content:
    """Such words in the description that a skops file holds of its objects."""

    def write(content: bytes) -> bytes:
        written = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as parts, zipfile.ZipFile(written, "w") as new_parts:
            for name in parts.namelist():
                part = parts.read(name)
                if name == "schema.json":
                    assert old.encode() in part, old
                    part = part.replace(old.encode(), new.encode())
                new_parts.writestr(name, part)
        return written.getvalue()

    return write


def catboost(field: int, dtype: str, place: int, value: int) -> Content:
    """A value of one list of the trees (numbered as in CatBoost's model.fbs)."""

    def write(content: bytes) -> bytes:
        values = Table.root(content[8:]).table(1).numbers(field, dtype).copy()
        before = struct.pack("<I", len(values)) + values.tobytes()
        values[place] = value
        assert before in content
        return content.replace(before, before[:4] + values.tobytes(), 1)

    return write


def cut(keep: float) -> Content:
    """The first part of the file alone."""
    return lambda content: content[: int(len(content) * keep)]


def flipped(place: float) -> Content:
    """One byte changed."""

    def write(content: bytes) -> bytes:
        changed = bytearray(content)
        changed[int(len(content) * place)] ^= 0xFF
        return bytes(changed)

    return write
