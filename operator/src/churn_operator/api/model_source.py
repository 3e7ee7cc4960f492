"""spec.model: which registered model is served."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Name, VersionNumber


class ModelSource(ApiModel):
    """Which registered model to serve."""

    rules: ClassVar[list[Rule]] = [
        ("!(has(self.alias) && has(self.version))", "name either an alias or a version, not both"),
        ("self.name == oldSelf.name", "the registered model of a ChurnModel cannot change; create another ChurnModel"),
    ]

    name: Name = Field(description="Name of the registered model in MLflow. Cannot change.")
    alias: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][a-zA-Z0-9_-]*$", max_length=63)] | None = Field(
        default=None,
        description="Alias to follow: when it moves in MLflow, the new version is rolled out. "
        "Default: champion; while a model has none, its first challenger becomes champion once it is ready.",
    )
    version: VersionNumber | None = Field(
        default=None, description='One fixed version instead of an alias, such as "7".'
    )
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$", max_length=71)] | None = Field(
        default=None, description="Digest that the version's manifest.json must have; another one is rejected."
    )
