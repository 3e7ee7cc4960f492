"""The figures that issue and README ask for, from what the bench measured."""

from collections.abc import Mapping
from statistics import median

from bench.answer_cpu import Sent
from bench.candidate_cost import Tried
from bench.measured import best_p50, p99_ratios
from bench.model_only import ModelTimes
from bench.names import Name
from bench.plan import GRPC, REST, REST_1700, REST_3000, REST_P50
from bench.rounds import Results
from bench.table import rate_ratio
from support.figures import Figure, record


def record_figures(models: ModelTimes, tried: Tried, results: Results, cpu: Mapping[Sent, float]) -> list[Figure]:
    """Record each with its bar and give them back."""
    return [
        record("binary_vs_json_cpu", cpu[Sent.BINARY] / cpu[Sent.JSON], "x the CPU of one answer", "<= 1.5"),
        record("chunked_vs_json_cpu", cpu[Sent.CHUNKED] / cpu[Sent.JSON], "x the CPU of one answer", "<= 1.5"),
        record("rest_p99_vs_fastapi", _p99_vs_fastapi(results), "x, median of rounds", "<= 1.0"),
        record("model_1row_us", models.evaluator_1_us, "us", "<= 10"),
        record("model_1row_vs_stock_forest", models.forest_1_us / models.evaluator_1_us, "x", ">= 300"),
        record("model_4096_vs_stock", models.ensemble_4096_us / models.evaluator_4096_us, "x", ">= 4"),
        record("contributions_1row_vs_library", models.explain_by_libraries_1_us / models.explain_1_us, "x", ">= 5"),
        *candidate_figures(tried),
        record("rest_1row_vs_stock", rate_ratio(results, REST, Name.OURS, Name.STOCK), "x", ">= 250"),
        record("rest_1row_vs_onnxruntime", rate_ratio(results, REST, Name.OURS, Name.ONNX_RUNTIME), "x", ">= 10"),
        record("rest_1row_vs_fanout", rate_ratio(results, REST, Name.OURS, Name.FAN_OUT), "x", ">= 35"),
        record("rest_1row_vs_fastapi", rate_ratio(results, REST, Name.OURS, Name.FASTAPI), "x", ">= 2.2"),
        record("rest_p50_ms", best_p50(results[REST_P50][Name.OURS]), "ms", "<= 0.15"),
        record("grpc_1row_vs_mlserver", rate_ratio(results, GRPC, Name.OURS, Name.MLSERVER), "x", ">= 1.7"),
        record("named_vs_matrix", rate_ratio(results, REST, Name.OURS_NAMED, Name.OURS), "x", ">= 0.6"),
    ]


def _p99_vs_fastapi(results: Results) -> float:
    """At the same rates; NaN where one of the two reached none of them, which is no figure."""
    both = {Name.OURS, Name.FASTAPI}
    loads = [results[load] for load in (REST_1700, REST_3000) if both <= results[load].keys()]
    ratios = [ratio for load in loads for ratio in p99_ratios(load[Name.OURS], load[Name.FASTAPI])]
    return median(ratios) if ratios else float("nan")


def candidate_figures(tried: Tried) -> list[Figure]:
    """Record what a candidate costs."""
    return [
        record("traffic_idle_us", tried.cost.idle_us, "us", "<= 0.5"),
        record("both_scored_us", tried.cost.both_scored_us, "us", "<= 25"),
        record("candidate_p99_vs_local", median(tried.p99_ratios), "x, median of rounds", "<= 1.10"),
    ]
