"""How pods log in to the state store: its Secret as files, which the serving container and the stream's workers get."""

from churn_operator.api.manifest import Manifest
from churn_operator.api.state import State

_NAME, _FOLDER = "state-credentials", "/state-credentials"


def login_arguments(state: State | None) -> list[str]:
    """Of the container. Nothing where nobody is asked to log in, here and below."""
    return ["--state-credentials", _FOLDER] if _secret(state) else []


def login_mounts(state: State | None) -> list[Manifest]:
    """Of the container."""
    return [{"name": _NAME, "mountPath": _FOLDER, "readOnly": True}] if _secret(state) else []


def login_volumes(state: State | None) -> list[Manifest]:
    """Of its pod."""
    secret = _secret(state)
    return [{"name": _NAME, "secret": {"secretName": secret}}] if secret else []


def _secret(state: State | None) -> str | None:
    return state.credentials_secret if state else None
