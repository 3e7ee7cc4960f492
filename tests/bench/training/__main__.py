"""`python -m bench.training [FIGURE …]`: the training's figures, each module of this folder measuring its own."""

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Run the named modules, or all of them."""
    here = Path(__file__).parent
    names = sys.argv[1:] or sorted(path.stem for path in here.glob("*.py") if not path.stem.startswith("__"))
    for name in names:
        print(f"{name}:", flush=True)
        importlib.import_module(f"bench.training.{name}").measure()


if __name__ == "__main__":
    main()
