"""Where tests and bench keep what is slow to make, outside the tree, for every checkout of this user."""

import os
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "churnserve"
