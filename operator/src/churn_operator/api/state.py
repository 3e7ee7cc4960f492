"""The state store of features of kind stream, as spec.stream and spec.serving name it: workers write, servers read."""

from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.database import own_secret_rule
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Name

_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HOST = rf"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:{_PORT})?"
_STATE_URL = rf"^(rediss?://{_HOST}(/[0-9]{{1,4}})?|rediss?[+]cluster://{_HOST}(/0)?)$"


def _as_address(url: str) -> str:
    """What the pattern cannot say: an address of numbers in brackets is one."""
    urlsplit(url)
    return url


class State(ApiModel):
    """Where workers of the stream keep what is known of customers from events, for servers to read."""

    rules: ClassVar[list[Rule]] = [own_secret_rule()]

    url: Annotated[str, StringConstraints(pattern=_STATE_URL, max_length=300), AfterValidator(_as_address)] = Field(
        description="redis://HOST:PORT of Valkey or Redis, redis+cluster://HOST:PORT of a cluster of them, all of "
        "whose servers listen on this port; rediss for TLS. A user and a password are for credentialsSecret. "
        "The NetworkPolicy of the pods that ask it lets them out to this host and port. States are those of "
        "the ChurnModel alone (NAMESPACE.NAME), so several may share a store."
    )
    credentials_secret: Name | None = Field(
        default=None,
        description="Secret in the ChurnModel's namespace, mounted as files: password, with username where it is not "
        "the store's default user, and ca.crt for rediss where the system's authorities do not do.",
    )

    @property
    def host(self) -> str:
        """As lists of hosts have it."""
        return (urlsplit(self.url).hostname or "").rstrip(".")
