"""spec.training: how the first version is made."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.database import (
    DATABASE,
    RequireAuth,
    SslMode,
    address_rule,
    database_of,
    is_database,
    own_secret_rule,
    password_rule,
)
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Duration, Name, Quantity, between, lasts
from churn_operator.api.resources import ComputeResources
from churn_operator.api.search import Search


class EnsembleConfigMap(ApiModel):
    """A ConfigMap with schema.yaml and ensemble.yaml, in the ChurnModel's namespace."""

    config_map: Name = Field(description="Made by `kubectl create configmap NAME --from-file models/mine`.")


class Training(ApiModel):
    """How to make the first version when the model has none: one Job per content of this field."""

    dataset: Annotated[
        str, StringConstraints(pattern=r"^(postgres(ql)?://[^/]+/[^/]+/[^/]+|.+\.(csv|parquet))$", max_length=1024)
    ] = Field(
        description="postgresql://host/database/table, or a .csv or .parquet file in the training image. "
        "No password in it: see credentialsSecret."
    )
    ensemble: Name | EnsembleConfigMap = Field(
        description="A folder of models/ in the training image, such as telco, or {configMap: NAME}: a ConfigMap with "
        "schema.yaml and ensemble.yaml, as `kubectl create configmap NAME --from-file models/mine` makes it."
    )
    credentials_secret: Name | None = Field(
        default=None, description="Secret with username and password for the database, in the ChurnModel's namespace."
    )
    ssl_mode: SslMode = Field(
        default=SslMode.PREFER, description="How the database is asked: libpq's sslmode, unless the address has one."
    )
    require_auth: RequireAuth = Field(
        default=RequireAuth.SCRAM_SHA_256,
        description="How the password may be given: libpq's require_auth, unless the address has one. With "
        "scram-sha-256 a server that is not the right one learns no password.",
    )
    seed: int = Field(default=0, ge=0, le=2147483647, description="Seed of the split and of every learner.")
    resources: ComputeResources = Field(
        default=ComputeResources(cpu="1", memory="2Gi"), description="CPU and memory of the training Job."
    )
    scratch: Quantity = Field(
        default="4Gi",
        description="Most that the Job may keep on the node's disk: the bundle that it writes, above all.",
    )
    deadline: Duration = Field(
        default="6h", description="How long the Job may take, retries included, before it has failed."
    )
    search: Search | None = Field(
        default=None,
        description="Search for a better ensemble first, beginning with this one, and train what was found. Later "
        "trainings take what was found, too, and search no more. Without it the ensemble is trained as it is written.",
    )

    rules: ClassVar[list[Rule]] = [
        password_rule("dataset"),
        address_rule("dataset"),
        ("!self.dataset.contains('$')", "no $ in dataset: Kubernetes takes $(NAME) for a variable"),
        own_secret_rule(),
        (between("scratch", "64Mi", "1Ti"), "scratch must be from 64Mi to 1Ti"),
        (
            lasts("deadline", "1m", "168h"),
            "deadline must be from 1m to 168h",
        ),
        (
            f"!has(self.search) || has(self.search.storage) || self.dataset.matches('{DATABASE}')",
            "the workers of a search share their trials by a PostgreSQL database, and dataset is a file: name one in "
            "search.storage, such as postgresql://host/database",
        ),
    ]

    @property
    def storage(self) -> str | None:
        """Where the trials of the search are kept; None: nothing is searched, or there is no such place."""
        if self.search is None:
            return None
        return self.search.storage or (database_of(self.dataset) if is_database(self.dataset) else None)

    @property
    def databases(self) -> list[str]:
        """Addresses of the databases that its pods use."""
        return [place for place in (self.dataset, self.storage) if place and is_database(place)]
