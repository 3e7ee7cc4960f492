"""Keys of a Secret, one file each of the folder where it is mounted. Whoever logs in somewhere reads them so."""

import os
from collections.abc import Iterable
from pathlib import Path

from churn_models.errors import ChurnModelsError


class KeyUnreadable(ChurnModelsError):
    """It is there, and says nothing that can be used."""


def contents_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Those that are there, all of one moment: a changed user never with the password of before.

    Raises KeyUnreadable, which names the file and nothing of what is in it.
    """
    while True:
        moment = _moment(folder)
        found = {name: content for name in names if (content := _content_of(folder / name)) is not None}
        if _moment(folder) == moment:
            return found


def _moment(folder: Path) -> str | None:
    """Kubernetes has all keys behind this link, and sets it anew where a Secret has changed."""
    try:
        return os.readlink(folder / "..data")
    except OSError:
        return None


def _content_of(path: Path) -> str | None:
    """Without the line's end that editors and `echo` put there."""
    try:
        content = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise KeyUnreadable(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise KeyUnreadable(f"{path}: no UTF-8 text") from None
    if not content:
        raise KeyUnreadable(f"{path}: empty")
    return content
