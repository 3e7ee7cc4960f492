"""What a frame of raw cells remembers of its source, so that a refusal can name file, form and line.

pandas hands `attrs` on through slices and copies, and wants them to be plain JSON; a frame that was made here has
none.
"""

from dataclasses import asdict
from pathlib import Path

import pandas as pd
from churn_models.tables.source import Origin
from churn_models.tables.text_form import TextForm

_KEY = "churn_origin"


def with_origin(frame: pd.DataFrame, origin: Origin) -> pd.DataFrame:
    """The frame itself, remembering its origin."""
    form = {**asdict(origin.form), "path": str(origin.form.path)} if origin.form else None
    frame.attrs[_KEY] = {"taken": origin.taken, "decimal": origin.decimal, "form": form}
    return frame


def origin_of(frame: pd.DataFrame) -> Origin:
    """Where the frame came from, as far as it is known."""
    kept = frame.attrs.get(_KEY)
    if not kept:
        return Origin()
    form = kept["form"]
    return Origin(kept["taken"], kept["decimal"], TextForm(**{**form, "path": Path(form["path"])}) if form else None)
