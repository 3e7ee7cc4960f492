"""What MLServer has to load for one bundle, by placement.

Colocated: the ensemble, and each member under `<name>-<member>`. Distributed: the ensemble alone, whose members
are elsewhere, or one member alone.
"""

from typing import Any

from churn_models.bundle import Bundle
from churn_models.bundle_manifest import ManifestMember
from churn_models.errors import SpecError
from churn_models.member_kind import MemberKind
from mlserver import ModelSettings
from mlserver.settings import ModelParameters

from churn_runtimes.model_metadata import matrix_tensors, member_output_tensors
from churn_runtimes.remote_members.settings import FanOutSettings

_ENSEMBLE = "churn_runtimes.ensemble.ChurnEnsemble"
_DISTRIBUTED_ENSEMBLE = "churn_runtimes.distributed_ensemble.DistributedEnsemble"
_SINGLE_MEMBER = "churn_runtimes.single_member.SingleMember"
_MEMBERS = {
    MemberKind.RANDOM_FOREST: "churn_runtimes.members.sklearn.SkopsModel",
    MemberKind.LOGISTIC_REGRESSION: "churn_runtimes.members.sklearn.SkopsModel",
    MemberKind.XGBOOST: "mlserver_xgboost.XGBoostModel",
    MemberKind.LIGHTGBM: "mlserver_lightgbm.LightGBMModel",
    MemberKind.CATBOOST: "mlserver_catboost.CatboostModel",
}


def model_settings(bundle: Bundle, name: str, version: str | None) -> list[ModelSettings]:
    """The ensemble first, then its members; `version` is the registered one where it is known."""
    members = [_stock_member(bundle, member, name, version) for member in bundle.manifest.members]
    return [_settings(name, _ENSEMBLE, str(bundle.folder), version), *members]


def distributed_settings(
    bundle: Bundle, name: str, version: str | None, fan_out: FanOutSettings
) -> list[ModelSettings]:
    """The ensemble alone, which asks its members where `fan_out` says they are."""
    return [_settings(name, _DISTRIBUTED_ENSEMBLE, str(bundle.folder), version, fan_out.to_parameters())]


def member_settings(bundle: Bundle, name: str, member: str) -> list[ModelSettings]:
    """One member alone, as `<name>-<member>`; its version is the bundle's digest. Raises SpecError."""
    names = [known.name for known in bundle.manifest.members]
    if member not in names:
        raise SpecError(f"--member {member} is no member of the bundle; they are {', '.join(names)}")
    return [_settings(f"{name}-{member}", _SINGLE_MEMBER, str(bundle.folder), bundle.digest, {"member": member})]


def _stock_member(bundle: Bundle, member: ManifestMember, name: str, version: str | None) -> ModelSettings:
    path = str(bundle.folder / member.path)
    settings = _settings(f"{name}-{member.name}", _MEMBERS[member.kind], path, version)
    tensors = {"inputs": matrix_tensors(bundle.schema()), "outputs": member_output_tensors(member.kind)}
    return settings.model_copy(update=tensors)


def _settings(
    name: str, implementation: str, uri: str, version: str | None, extra: dict[str, Any] | None = None
) -> ModelSettings:
    parameters = ModelParameters(uri=uri, version=version, extra=extra or {})
    return ModelSettings(
        name=name,
        implementation=implementation,
        platform="churnserve",
        versions=[version] if version else [],
        parameters=parameters,
    )
