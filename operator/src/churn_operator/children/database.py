"""How a Job's pods log in to their databases: what spec.training and spec.batch say of it, in libpq's variables."""

from collections.abc import Sequence

from churn_operator.api.batch import Batch
from churn_operator.api.database import is_database
from churn_operator.api.manifest import Manifest
from churn_operator.api.training import Training
from churn_operator.children.pod import secret_variable


def database_environment(part: Training | Batch, places: Sequence[str]) -> list[Manifest]:
    """Nothing where no place is a database; what an address itself says goes before these variables."""
    if not any(map(is_database, places)):
        return []
    variables: list[Manifest] = [{"name": "PGSSLMODE", "value": part.ssl_mode.value}]
    if part.credentials_secret:
        variables += [
            {"name": "PGREQUIREAUTH", "value": part.require_auth.value},
            secret_variable("PGUSER", part.credentials_secret, "username"),
            secret_variable("PGPASSWORD", part.credentials_secret, "password"),
        ]
    return variables
