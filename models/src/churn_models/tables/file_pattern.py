"""Patterns such as `day/*.parquet`: the files that have such a name, and whether a file that is not there yet would."""

import glob
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

_SIGNS = re.compile(r"[*?\[]")
_ANY_FOLDERS = "**"


def is_pattern(name: str) -> bool:
    """Whether the name has a sign of a pattern, and no file has this very name."""
    return _SIGNS.search(name) is not None and not Path(name).exists()


def matching(pattern: str) -> list[Path]:
    """The files of that pattern, in the order of their names."""
    return sorted(path for path in map(Path, glob.glob(pattern, recursive=True)) if path.is_file())


def would_match(pattern: str, path: Path) -> bool:
    """Whether a file of this path, there or not, belongs to the pattern, which ends in the name of a file."""
    parts = Path(pattern).parts
    plain = next(place for place, part in enumerate(parts) if _SIGNS.search(part))
    folder, resolved = Path(*parts[:plain]).resolve(), path.resolve()
    return resolved.is_relative_to(folder) and _fits(resolved.relative_to(folder).parts, parts[plain:])


def _fits(names: Sequence[str], pattern: Sequence[str]) -> bool:
    if not names or not pattern:
        return not names and not pattern
    hidden = names[0].startswith(".") and not pattern[0].startswith(".")
    if pattern[0] == _ANY_FOLDERS:
        return _fits(names, pattern[1:]) or (not hidden and _fits(names[1:], pattern))
    return not hidden and fnmatchcase(names[0], pattern[0]) and _fits(names[1:], pattern[1:])
