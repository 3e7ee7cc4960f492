"""Windows judged by an engine in a process of its own, where alibi-detect can be imported: by the tests of engines.

python -m support.judged_windows ENGINE FOLDER      # as `judged` calls it
"""

import json
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.drift.engine import Engine, EngineName, Judgement
from churn_runtimes.drift.engines import open_engine
from support.alibi_detect import with_alibi_detect

SIGNIFICANCE = 0.01


class Judged(NamedTuple):
    """What one engine is made of, and the windows that it judges; encoded rows."""

    schema: FeatureSchema
    sample: Matrix
    windows: Sequence[Matrix]


def judged(engine: EngineName, groups: Sequence[Judged], folder: Path) -> list[list[Judgement | None]]:
    """Of each group each window's judgement; None for one that the engine has lost."""
    for number, group in enumerate(groups):
        (folder / f"{number}.json").write_text(group.schema.model_dump_json(), encoding="utf-8")
        np.savez(folder / f"{number}.npz", sample=group.sample, **{str(i): w for i, w in enumerate(group.windows)})
    command = [sys.executable, "-W", "error", "-m", "support.judged_windows", engine.value, str(folder)]
    done = subprocess.run(command, env=with_alibi_detect(), check=True, stdout=subprocess.PIPE)
    return [[said and Judgement(**said) for said in group] for group in json.loads(done.stdout)]


def _judge_all(name: EngineName, folder: Path) -> list[list[dict[str, object] | None]]:
    said = []
    for number in range(len(list(folder.glob("*.json")))):
        schema = FeatureSchema.model_validate_json((folder / f"{number}.json").read_bytes())
        rows = np.load(folder / f"{number}.npz")
        engine = open_engine(name, schema, rows["sample"], SIGNIFICANCE)
        said.append([_judge(engine, rows[str(window)]) for window in range(len(rows.files) - 1)])
    return said


def _judge(engine: Engine, window: Matrix) -> dict[str, object] | None:
    try:
        found = engine.judge(window)
    except Exception:  # whatever a library raises, its window is lost, and the next one is not
        traceback.print_exc()
        return None
    return {"features": dict(found.features), "is_drift": found.is_drift}


if __name__ == "__main__":
    print(json.dumps(_judge_all(EngineName(sys.argv[1]), Path(sys.argv[2]))))
