"""TabularDrift of alibi-detect with its defaults: an alarm is a p-value below 0.05, corrected for the features.

`bench.loop.detectors` gives it numbers where values are missing: of NaN it raises, or never alarms again.
"""

from typing import Any

from alibi_detect.cd import TabularDrift
from asked import Rows, answer


def fit(reference: Rows) -> Any:
    """Categories are those of the reference."""
    return TabularDrift(reference.rows, p_val=0.05, categories_per_feature=dict.fromkeys(reference.categorical))


def alarms(detector: Any, window: Rows) -> bool:
    """Its own verdict."""
    return bool(detector.predict(window.rows)["data"]["is_drift"])


if __name__ == "__main__":
    answer(fit, alarms)
