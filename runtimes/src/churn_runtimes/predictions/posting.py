"""Of whom predictions are posted, and where: what the server is started with."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Posting:
    """The labels' process, and which requests it is told of."""

    url: str
    """Its address, such as http://churn-labels.churnserve-system:8086."""
    token_file: Path
    """With the bearer token that may post predictions. Read at every attempt: it may come late, and change."""
    sample: float
    """Share of the customers, above 0."""
    customer: str
    """Header or parameter by which a request names its customer, in lower case."""
    model: str
    """The registered model's name, by which outcomes are told too."""
