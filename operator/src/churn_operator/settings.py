"""What the operator is told once, by its environment; `configuration` reads it, builders and reconciles use it."""

from dataclasses import dataclass, field

from churn_operator.installation import Installation


@dataclass(frozen=True)
class Settings:
    """Images and places that every child is built from."""

    serving_image: str
    scoring_image: str
    """The serving image and what whole tables need."""
    training_image: str
    tracking_uri: str
    system_namespace: str
    drift_image: str = ""
    """With alibi-detect, for drift sidecars whose engine it is; the others run the serving image."""
    labels_url: str | None = None
    """Where the labels' process answers; None: there is none."""
    pull_policy: str | None = None
    """Of the images; None leaves it to Kubernetes: Always for the tag latest, else IfNotPresent."""
    installation: Installation = field(default_factory=Installation)
