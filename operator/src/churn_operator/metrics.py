"""What the operator tells Prometheus of itself."""

from prometheus_client import Counter, Gauge, Histogram

RECONCILES = Counter("churn_operator_reconciles_total", "Finished reconciles.", ["result"])
RECONCILE_SECONDS = Histogram("churn_operator_reconcile_seconds", "Duration of a reconcile.")
QUEUE_DEPTH = Gauge("churn_operator_queue_depth", "ChurnModels that wait for a worker.")
MODELS = Gauge("churn_operator_models", "ChurnModels by state.", ["state"])
LEADER = Gauge("churn_operator_leader", "1 in the operator that acts, 0 in one that stands by.")
WATCHES_OPENED = Counter("churn_operator_watches_opened_total", "Watches that were opened at the API server.")
FORBIDDEN = Gauge("churn_operator_namespace_forbidden", "1 where the operator may not list ChurnModels.", ["namespace"])
TRAFFIC_ANSWERS = Counter("churn_operator_traffic_answers_total", "Answers to serving pods at /traffic.", ["status"])
ALERTS = Counter("churn_operator_alerts_total", "Alerts that Alertmanager has posted by outcome.", ["outcome"])
DRIFT_REPORTS = Counter("churn_operator_drift_reports_total", "Questions to drift sidecars by outcome.", ["outcome"])
DECISIONS = Counter("churn_decision_total", "Decisions on record.", ["namespace", "churnmodel", "action", "reason"])
POD_STATES = Counter("churn_operator_pod_states_total", "Questions to serving pods at /state by outcome.", ["outcome"])
REGISTRY_ANSWERS = Counter("churn_operator_registry_answers_total", "Questions to MLflow by outcome.", ["outcome"])

_MODEL_STATE = Gauge(
    "churn_model_state",
    "1 for the state that a ChurnModel is in, with the reason.",
    ["namespace", "churnmodel", "state", "reason"],
)
_shown: dict[tuple[str, str], tuple[str, str]] = {}
"""State and reason that are told of each ChurnModel."""


def show_model(key: tuple[str, str], state: str, reason: str) -> None:
    """Tell this state of a ChurnModel (namespace, name) from now on, and no other."""
    forget_model(key)
    _shown[key] = (state, reason)
    _MODEL_STATE.labels(*key, state, reason).set(1)


def forget_model(key: tuple[str, str]) -> None:
    """Tell nothing of a ChurnModel any more."""
    if old := _shown.pop(key, None):
        _MODEL_STATE.remove(*key, *old)
