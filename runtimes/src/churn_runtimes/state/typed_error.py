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
    ((AuthenticationError, AuthorizationError, NoPermissionError), StateDenied),
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
    ("NOAUTH", StateDenied),
    ("NOPERM", StateDenied),
    ("WRONGPASS", StateDenied),
    ("unknown command", StateDenied),
)


def typed_error(error: Exception) -> StateError:
    """One of ours with the text of the original."""
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
