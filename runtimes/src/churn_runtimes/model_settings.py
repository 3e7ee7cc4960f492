"""What MLServer has to load for one bundle: the ensemble, and each member under `<name>-<member>`."""

from churn_models.bundle import Bundle
from churn_models.member_kind import MemberKind
from mlserver import ModelSettings
from mlserver.settings import ModelParameters

_ENSEMBLE = "churn_runtimes.ensemble.ChurnEnsemble"
_MEMBERS = {
    MemberKind.RANDOM_FOREST: "churn_runtimes.members.sklearn.SkopsModel",
    MemberKind.LOGISTIC_REGRESSION: "churn_runtimes.members.sklearn.SkopsModel",
    MemberKind.XGBOOST: "mlserver_xgboost.XGBoostModel",
    MemberKind.LIGHTGBM: "mlserver_lightgbm.LightGBMModel",
    MemberKind.CATBOOST: "mlserver_catboost.CatboostModel",
}


def model_settings(bundle: Bundle, name: str, version: str | None) -> list[ModelSettings]:
    """The ensemble first, then its members; `version` is the registered one where it is known."""
    members = [
        _settings(f"{name}-{member.name}", _MEMBERS[member.kind], str(bundle.folder / member.path), version)
        for member in bundle.manifest.members
    ]
    return [_settings(name, _ENSEMBLE, str(bundle.folder), version), *members]


def _settings(name: str, implementation: str, uri: str, version: str | None) -> ModelSettings:
    parameters = ModelParameters(uri=uri, version=version)
    return ModelSettings(
        name=name,
        implementation=implementation,
        platform="churnserve",
        versions=[version] if version else [],
        parameters=parameters,
    )
