"""What a drift sidecar can fail of.

ChurnModelsError
└── EngineMissing   the engine that was asked for is not in this image
"""

from churn_models.errors import ChurnModelsError


class EngineMissing(ChurnModelsError):
    """The engine's library is not installed."""
