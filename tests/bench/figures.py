"""The figures that issue and README ask for, from what the bench measured."""

from bench.measured import best_p50
from bench.model_only import ModelTimes
from bench.names import Name
from bench.plan import GRPC, REST, REST_P50
from bench.rounds import Results
from bench.table import rate_ratio
from support.figures import Figure, record


def record_figures(models: ModelTimes, results: Results) -> list[Figure]:
    """Record each with its bar and give them back."""
    return [
        record("model_1row_us", models.evaluator_1_us, "us", "<= 10"),
        record("model_1row_vs_stock_forest", models.forest_1_us / models.evaluator_1_us, "x", ">= 300"),
        record("model_4096_vs_stock", models.ensemble_4096_us / models.evaluator_4096_us, "x", ">= 4"),
        record("rest_1row_vs_stock", rate_ratio(results, REST, Name.OURS, Name.STOCK), "x", ">= 250"),
        record("rest_1row_vs_onnxruntime", rate_ratio(results, REST, Name.OURS, Name.ONNX_RUNTIME), "x", ">= 10"),
        record("rest_1row_vs_fanout", rate_ratio(results, REST, Name.OURS, Name.FAN_OUT), "x", ">= 35"),
        record("rest_1row_vs_fastapi", rate_ratio(results, REST, Name.OURS, Name.FASTAPI), "x", ">= 2.2"),
        record("rest_p50_ms", best_p50(results[REST_P50][Name.OURS]), "ms", "<= 0.15"),
        record("grpc_1row_vs_mlserver", rate_ratio(results, GRPC, Name.OURS, Name.MLSERVER), "x", ">= 1.7"),
        record("named_vs_matrix", rate_ratio(results, REST, Name.OURS_NAMED, Name.OURS), "x", ">= 0.6"),
    ]
