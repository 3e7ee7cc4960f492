"""holdout.npz of a bundle that somebody else made: read, or refused by name."""

import io
from pathlib import Path

import numpy as np
import pytest
from churn_models.errors import FileAltered
from churn_models.holdout import Holdout, read_holdout


def _archive(**columns: object) -> bytes:
    usual: dict[str, object] = {"keys": np.zeros(3, np.uint64), "target": np.zeros(3, np.int8)}
    usual |= {"score": np.zeros(3), "members": np.zeros((3, 2))}
    written = io.BytesIO()
    np.savez(written, **{name: np.asarray(column) for name, column in (usual | columns).items()})
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        pytest.param(b"", "No data left", id="empty"),
        pytest.param(b"PK\x03\x04 and no archive", "not a zip file", id="a beginning alone"),
        pytest.param(b"\x93NUMPY\x01\x00", "does not hold the rows", id="one array"),
        pytest.param(_archive(keys=np.array([print], dtype=object)), "allow_pickle=False", id="a pickle"),
        pytest.param(_archive(score=np.zeros(2)), "different lengths", id="a column too short"),
        pytest.param(_archive(score=0.5), "unsized", id="no column"),
        pytest.param(_archive(more=np.zeros(3)), "unexpected keyword", id="another column"),
    ],
)
def test_what_holds_no_rows_is_refused_by_name(content: bytes, fault: str, tmp_path: Path) -> None:
    (tmp_path / "holdout.npz").write_bytes(content)
    with pytest.raises(FileAltered, match=fault):
        read_holdout(tmp_path / "holdout.npz")


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = Holdout(np.arange(3, dtype=np.uint64), np.array([0, 1, 1], np.int8), np.full(3, 0.5), np.full((3, 2), 0.5))
    rows.write(tmp_path / "holdout.npz")
    assert read_holdout(tmp_path / "holdout.npz").keys.tolist() == [0, 1, 2]
