"""Which databases, brokers and state stores pods may send credentials to: those that the installation names.

Without such a list, whoever may create ChurnModels could send any Secret with a username and a password to any host.
"""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from churn_operator.api.database import is_database
from churn_operator.api.state import State

# The same as POSTGRESQL_ADDRESS in api/database.py, which admission asks: one host, plainly written.
_HOST = re.compile(r"^postgres(?:ql)?://(?:[^@/?#:$]*@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?/")


def denied_host(secret: str | None, places: Sequence[str], allowed: Sequence[str]) -> str | None:
    """The first host that would get credentials and may not, as a person reads it; None where there is none."""
    if secret is None:
        return None
    hosts = [_host(place) for place in places if is_database(place)]
    return next((host or "an address that names no single host" for host in hosts if not allows(host, allowed)), None)


def why_denied(part: str, host: str, allowed: Sequence[str]) -> str:
    """What was found in that part of the spec, what is wrong, and what to do."""
    known = ", ".join(allowed) or "none"
    return (
        f"spec.{part} sends credentials to {host}, which the operator does not allow (credentialHosts: {known}); "
        "have the host added there, or leave credentialsSecret out"
    )


def denied_store(part: str, state: State | None, allowed: Sequence[str]) -> str | None:
    """Why the state store of that part of the spec may not get credentials; None where nothing is in the way."""
    if state is None or state.credentials_secret is None or allows(state.host, allowed):
        return None
    return why_denied(f"{part}.state", state.host, allowed)


def _host(address: str) -> str | None:
    found = _HOST.match(address)
    return found[1].strip("[]").lower().rstrip(".") if found else None


def allows(host: str | None, allowed: Sequence[str]) -> bool:
    """Whether credentials may go to this host, in small letters; None is one that is not known, and never allowed."""
    return host is not None and any(fnmatchcase(host, pattern.lower()) for pattern in allowed)
