"""How PostgreSQL is named and asked: what training and batch say alike of the databases that their pods use."""

from enum import StrEnum

from churn_operator.names import MLFLOW_SECRET, MLFLOW_TRAINING_SECRET

_OPTION = r"(sslmode|require_auth)=[a-z0-9,!-]+"
POSTGRESQL_ADDRESS = (
    r"^postgres(ql)?://([^@/?#:]*@)?([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?/[^/?#]+/[^/?#]+"
    rf"([?]{_OPTION}(&{_OPTION})*)?$"
)
"""One host, plainly written: what the list of hosts that may be given credentials is compared with."""

OWN_SECRETS = ", ".join(f"'{name}'" for name in (MLFLOW_SECRET, MLFLOW_TRAINING_SECRET))


class SslMode(StrEnum):
    """libpq's sslmode: how much of TLS a database connection insists on."""

    DISABLE = "disable"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class RequireAuth(StrEnum):
    """libpq's require_auth: the only way in which a password may be given to the server."""

    SCRAM_SHA_256 = "scram-sha-256"  # the server never sees it
    MD5 = "md5"
    PASSWORD = "password"  # in clear text
