"""One number of a member's file written anew, so that everything else in the file still fits."""

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

import numpy as np
from churn_models.scoring.structure.flatbuffer import Table

Content = Callable[[bytes], bytes]
_BOMB, _LARGE, _TIMES = 400_000_000, 4_000_000, 400


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


def repacked(content: bytes) -> bytes:
    """The same archive, compressed."""
    return _archive({name: part for name, part in _parts(content)}, zipfile.ZIP_DEFLATED)


def bomb(content: bytes) -> bytes:
    """The archive with a description of hundreds of megabytes, which is some hundred kilobytes of the file."""
    parts = dict(_parts(content))
    parts["schema.json"] = b'{"content": "' + b" " * _BOMB + b'"}'
    return _archive(parts, zipfile.ZIP_DEFLATED)


def overlapping(content: bytes) -> bytes:
    """Hundreds of files of the archive are the same bytes."""
    written = io.BytesIO(content)
    with zipfile.ZipFile(written, "a") as archive:
        largest = max(archive.infolist(), key=lambda file: file.file_size)
        for place in range(_TIMES):
            again = copy(largest)
            again.filename = f"{place}.npy"
            archive.filelist.append(again)
        archive._didModify = True  # type: ignore[attr-defined]  # so that the directory is written
    return written.getvalue()


def named_again(content: bytes) -> bytes:
    """One large array that the description names hundreds of times, each a copy in memory."""
    parts = dict(_parts(content))
    parts["large.npy"] = parts[max(parts, key=lambda name: len(parts[name]) * name.endswith(".npy"))] + b"\0" * _LARGE
    schema = json.loads(parts["schema.json"])
    array = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy"}
    arrays = [array | {"__id__": place, "file": "large.npy"} for place in range(1, _TIMES)]
    whole = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "__id__": _TIMES}
    parts["schema.json"] = json.dumps(schema | whole | {"content": arrays}).encode()
    return _archive(parts, zipfile.ZIP_STORED)


def _parts(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def _archive(parts: Mapping[str, bytes], compression: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return written.getvalue()


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
