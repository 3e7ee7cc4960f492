"""From the client's exceptions and the server's texts to the errors of this package."""

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from churn_runtimes.state.errors import StateAway, StateDenied, StateError, StateFull, StateReadOnly, StateSlow

_BY_CLASS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[StateError]], ...] = (
    ((AuthorizationError, NoPermissionError), StateDenied),
    (OutOfMemoryError, StateFull),
    (ReadOnlyError, StateReadOnly),
    (TimeoutError, StateSlow),
)
_BY_TEXT = (
    ("OOM", StateFull),
    ("BUSY", StateSlow),
    ("READONLY", StateReadOnly),
    ("NOREPLICAS", StateReadOnly),
    ("MISCONF", StateReadOnly),
    ("NOPERM", StateDenied),
    ("WRONGPASS", StateDenied),
    ("unknown command", StateDenied),
)


_NO_LOGIN = ("NOAUTH", "Authentication required", "HELLO must be called with the client already authenticated")


def typed_error(error: Exception) -> StateError:
    """One of ours with the text of the original."""
    if isinstance(error.__cause__, StateDenied):
        return error.__cause__  # ours, which the client has brought back
    if any(words in str(error) for words in _NO_LOGIN):
        return StateDenied("the state store asks for a password, and none was given: --state-credentials FOLDER")
    if isinstance(error, AuthenticationError):
        return StateDenied(f"the state store does not take the user or the password: {error}")
    text = f"the state store: {error}"
    for kinds, typed in _BY_CLASS:
        if isinstance(error, kinds):
            return typed(text)
    for words, typed in _BY_TEXT:
        if words in str(error):
            return typed(text)
    # What else a server says (loading, cluster down, slots on their way) passes; what else a client says is away.
    return StateAway(text) if isinstance(error, RedisError) and not _is_a_fault(error) else StateDenied(text)


def _is_a_fault(error: Exception) -> bool:
    return type(error) is ResponseError
