"""The time now, for conditions, decisions and Events."""

from datetime import UTC, datetime


def utc_now() -> str:
    """As Kubernetes writes it, in whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
