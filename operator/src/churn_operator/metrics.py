"""What the operator tells Prometheus of itself."""

from prometheus_client import Counter, Gauge, Histogram

RECONCILES = Counter("churn_operator_reconciles_total", "Finished reconciles.", ["result"])
RECONCILE_SECONDS = Histogram("churn_operator_reconcile_seconds", "Duration of a reconcile.")
QUEUE_DEPTH = Gauge("churn_operator_queue_depth", "ChurnModels that wait for a worker.")
MODELS = Gauge("churn_operator_models", "ChurnModels by state.", ["state"])
