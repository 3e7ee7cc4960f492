"""Which file that is not there yet belongs to a pattern, against what glob finds once it is there."""

import glob
from pathlib import Path

import pytest
from churn_models.tables.file_pattern import would_match

_NAMES = ["a.parquet", ".a.parquet", "b.csv", "day/a.parquet", "day/one/a.parquet", ".day/a.parquet"]


@pytest.mark.parametrize(
    "pattern", ["*.parquet", "?.parquet", "[ab].*", "*/a.parquet", "d*/*", "**/*.parquet", "day/**/a*", ".*"]
)
@pytest.mark.parametrize("name", _NAMES)
def test_a_file_belongs_to_a_pattern_as_glob_says(tmp_path: Path, pattern: str, name: str) -> None:
    path, absolute = tmp_path / name, str(tmp_path / pattern)
    said = would_match(absolute, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert said == (str(path) in glob.glob(absolute, recursive=True))
