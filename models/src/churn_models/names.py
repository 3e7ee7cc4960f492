"""The words that training, operator and registry share in MLflow."""

CHAMPION = "champion"
"""Alias of the version that serves; the operator alone moves it on a cluster."""

PREVIOUS = "previous"
"""Alias of the version that served before the champion; the operator alone moves it."""

CHALLENGER = "challenger"
"""Alias of the newest trained version; training alone sets it."""

DIGEST_TAG = "churnserve.digest"
"""Tag of a model version: the digest of its manifest."""

TRAINING_ID_TAG = "churnserve.training_id"
"""Tag of a model version: what a repeated training shares."""

OUTCOME_TAG = "churnserve.outcome"
"""Tag of a model version: what became of it on a cluster, when, and why."""
