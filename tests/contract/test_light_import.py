"""TabularDrift comes without alibi-detect's other detectors, and leaves nothing hidden behind it."""

import json
import subprocess
import sys

from support.alibi_detect import alibi_detect_folder, with_alibi_detect

CODE = """
import json, sys
from churn_runtimes.drift.tabular_drift import tabular_drift
found = tabular_drift()
loaded = sorted(sys.modules)
import pandas
print(json.dumps([sys.modules[found.__module__].__file__, pandas.__name__, loaded]))
"""


def test_only_what_tabular_drift_names_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], env=with_alibi_detect(), check=True, capture_output=True)
    file, pandas, loaded = json.loads(done.stdout)
    assert file == str(alibi_detect_folder() / "alibi_detect/cd/tabular.py")
    assert pandas == "pandas"
    detectors = {name for name in loaded if name.startswith("alibi_detect.cd.")}
    assert detectors == {f"alibi_detect.cd.{name}" for name in ("base", "tabular", "utils")}
    assert not {"pandas", "numba", "transformers", "PIL", "matplotlib"} & set(loaded)


def test_its_licence_is_beside_it() -> None:
    (licence,) = alibi_detect_folder().glob("alibi_detect-*.dist-info/licenses/LICENSE")
    assert "Business Source License 1.1" in licence.read_text(encoding="utf-8")
