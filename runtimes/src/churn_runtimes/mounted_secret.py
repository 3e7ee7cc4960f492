"""One key of a Secret, which is one file of the folder where it is mounted. Whoever logs in somewhere reads it so."""

from pathlib import Path

from churn_models.errors import ChurnModelsError


class KeyUnreadable(ChurnModelsError):
    """It is there, and says nothing that can be used."""


def content_of(path: Path) -> str | None:
    """Without the line's end that editors and `echo` put there; None where there is no such key.

    Raises KeyUnreadable, which names the file and nothing of what is in it.
    """
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
