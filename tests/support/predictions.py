"""A server's predictions on their way to the labels' process: how it is told where to, and what it has counted."""

from pathlib import Path

from churn_runtimes.predictions.posting import Posting
from prometheus_client import REGISTRY


def posting(url: str = "http://127.0.0.1:1", token_file: Path = Path("none"), sample: float = 1.0) -> Posting:
    """Requests name their customer by `customer`."""
    return Posting(url, token_file, sample, "customer", "telco")


def counted() -> dict[str, float]:
    """Predictions by what became of them: `posted`, or the reason why they were dropped."""
    found = {}
    for family in REGISTRY.collect():
        for sample in family.samples:
            if sample.name == "churnserve_predictions_posted_total":
                found["posted"] = sample.value
            if sample.name == "churnserve_predictions_dropped_total":
                found[sample.labels["reason"]] = sample.value
    return found
