"""Why two sets of counts cannot be added up or taken from one another."""

from churn_models.errors import ChurnModelsError


class CountsUnlike(ChurnModelsError):
    """Counts of other features, categories or bins: they are of another bundle."""


class CountsShrank(ChurnModelsError):
    """The later count is the smaller one, so it is no later count of the same process."""
