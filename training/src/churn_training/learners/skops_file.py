"""How the scikit-learn learners are kept: skops, which holds no code."""

from pathlib import Path
from typing import Any

import skops.io


def write_skops(classifier: Any, path: Path) -> None:
    """Write the estimator."""
    skops.io.dump(classifier, path)
