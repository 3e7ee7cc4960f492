"""How PostgreSQL is named and asked: what training and batch say alike of the databases that their pods use."""

import re
from enum import StrEnum

from churn_operator.api.pod_options import Rule
from churn_operator.names import MLFLOW_SECRET, MLFLOW_TRAINING_SECRET

DATABASE = "^postgres[^/]*://"
"""How the address of a database begins, SQLAlchemy's spelling included, which pods would read, too; no file's name."""

_OPTION = r"(sslmode|require_auth)=[a-z0-9,!-]+"
_HOST = r"([^@/?#:$]*@)?([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?"
_OPTIONS = rf"([?]{_OPTION}(&{_OPTION})*)?$"
POSTGRESQL_ADDRESS = rf"^postgres(ql)?://{_HOST}/[^/?#$]+/[^/?#$]+{_OPTIONS}"
"""One host, plainly written: what the list of hosts that may be given credentials is compared with."""

STORAGE_ADDRESS = rf"^postgresql://{_HOST}/[^/?#$]+{_OPTIONS}"
"""The same of a database without a table."""

_OWN_SECRETS = ", ".join(f"'{name}'" for name in (MLFLOW_SECRET, MLFLOW_TRAINING_SECRET))


def is_database(place: str) -> bool:
    """Whether this is a database's address, and no file."""
    return re.match(DATABASE, place) is not None


def database_of(table: str) -> str:
    """The address of the database that a table lies in."""
    address, question, options = table.partition("?")
    _, _, rest = address.partition("://")
    return f"postgresql://{rest.rpartition('/')[0]}{question}{options}"


def password_rule(field: str) -> Rule:
    """No password in the address that this field may hold."""
    return (
        f"!self.{field}.matches('^postgres(ql)?://[^/]*:[^/]*@')",
        "put the database password into a Secret and name it in credentialsSecret",
    )


def address_rule(field: str) -> Rule:
    """An address, where the field holds one, names one host in plain words."""
    return (
        f"!self.{field}.matches('{DATABASE}') || self.{field}.matches('{POSTGRESQL_ADDRESS}')",
        "a database is postgresql://[user@]host[:port]/database/table, with sslmode and require_auth as its only "
        "options and without $",
    )


def own_secret_rule() -> Rule:
    """MLflow's credentials go to no database."""
    return (
        f"!has(self.credentialsSecret) || !(self.credentialsSecret in [{_OWN_SECRETS}])",
        "this Secret is ChurnServe's own and no database's",
    )


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
