"""Bundles made by somebody who can write every digest: each is refused by name, and none ends the process."""

import json
import os
import subprocess
import sys
from pathlib import Path

from churn_models.bundle import Bundle
from support.figures import record
from support.hostile.bundles import HOSTILE


def test_every_hostile_bundle_is_refused_by_name(bundle: Bundle, tmp_path: Path) -> None:
    asked = [
        {"folder": str(hostile.make(bundle.folder, tmp_path / str(place))), "member": hostile.member}
        for place, hostile in enumerate(HOSTILE)
    ]
    loading = subprocess.run(
        [sys.executable, "-m", "support.hostile.loading"],
        input="".join(json.dumps(one) + "\n" for one in asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    ended = [json.loads(line) for line in loading.stdout.splitlines() if line.startswith("{")]
    assert len(ended) == len(HOSTILE), loading.stderr
    wrong = {
        hostile.name: (end, hostile.told)
        for hostile, end in zip(HOSTILE, ended, strict=True)
        if end["signal"] or hostile.told not in end["said"]
    }
    bundles = record("hostile_bundles", len(HOSTILE), "bundles", ">= 40")
    crashes = record("hostile_crashes", sum(end["signal"] != 0 or not end["said"] for end in ended), "bundles", "<= 0")
    assert not wrong, "\n".join(map(str, wrong.items()))
    assert bundles.holds
    assert crashes.holds
