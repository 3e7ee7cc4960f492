"""Of whom a revision's pods post predictions: part of its configuration, because the server is started with it.

When labels are known is none of the pods' business, so that changing spec.labels.delay rolls no pod.
"""

from dataclasses import dataclass
from typing import Any, Self

from churn_operator.api.spec import ChurnModelSpec


@dataclass(frozen=True)
class SampledPredictions:
    """What the server is told."""

    url: str
    """Of the labels' process, as the operator knows it."""
    share: float
    """Of the customers, above 0."""
    customer: str
    """Header or parameter by which a request names its customer."""

    @classmethod
    def from_spec(cls, spec: ChurnModelSpec, labels_url: str | None) -> Self | None:
        """What spec.labels.sample asks for; None where it asks for nothing, or nobody would take it."""
        labels, customer = spec.labels, spec.rollout.sticky
        if labels is None or not labels.sample or not customer or not labels_url:
            return None
        return cls(labels_url, labels.sample, customer)

    def to_data(self) -> dict[str, Any]:
        """As a record keeps it."""
        return {"url": self.url, "sample": self.share, "customer": self.customer}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self | None:
        """Read what `to_data` of any version wrote; None where it is not understood, so that the record still is."""
        try:
            return cls(str(data["url"]), float(data["sample"]), str(data["customer"]))
        except (KeyError, TypeError, ValueError):
            return None
