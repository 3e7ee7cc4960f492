"""Which databases a training Job may send credentials to: those that the operator's installation names.

Without such a list, whoever may create ChurnModels could send any Secret with a username and a password to any host.
"""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from churn_operator.api.training import Training

# The same as POSTGRESQL_ADDRESS in api/database.py, which admission asks: one host, plainly written.
_HOST = re.compile(r"^postgres(?:ql)?://(?:[^@/?#:]*@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?/")


def denied_host(training: Training, allowed: Sequence[str]) -> str | None:
    """The host that would get credentials and may not, as a person reads it; None where there is no such host."""
    if training.credentials_secret is None or not training.dataset.startswith("postgres"):
        return None
    found = _HOST.match(training.dataset)
    host = found[1].strip("[]").lower().rstrip(".") if found else None
    if host and any(fnmatchcase(host, pattern.lower()) for pattern in allowed):
        return None
    return host or "an address that names no single host"


def why_denied(host: str, allowed: Sequence[str]) -> str:
    """What was found, what is wrong, and what to do."""
    known = ", ".join(allowed) or "none"
    return (
        f"spec.training sends credentials to {host}, which the operator does not allow (credentialHosts: {known}); "
        "have the host added there, or leave credentialsSecret out"
    )
