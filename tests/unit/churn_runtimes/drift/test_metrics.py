"""What Prometheus reads of a sidecar."""

from churn_runtimes.drift.metrics import SidecarMetrics
from prometheus_client.parser import text_string_to_metric_families
from support.drift_rows import drift_reference, drift_rows, drift_schema
from support.watched_bundle import SCHEMA, Clock, message, sidecar, watched

ROWS = drift_rows(SCHEMA, 1000, seed=2, missing=0.01)


def _samples(metrics: SidecarMetrics) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        if family.name.startswith("process_"):
            continue
        for sample in family.samples:
            labels = {**sample.labels}
            assert labels.pop("version") == "7"
            found.setdefault(sample.name, {})[tuple(labels.values())] = sample.value
    return found


def test_before_the_first_window_its_state_is_unknown() -> None:
    clock = Clock()
    made = sidecar(clock)
    made.take(message(ROWS, queue_full=3))
    clock.move(30)
    found = _samples(SidecarMetrics(made))
    assert found["churn_drift_state"] == {("engine",): 3}
    assert found["churn_window_rows"] == {(): 1000}
    assert found["churn_window_age_seconds"] == {(): 30}
    assert found["churn_tap_rows_total"] == {(): 1000}
    assert found["churn_tap_dropped_total"] == {("queue_full",): 3}
    assert found["churn_reference_info"] == {(made.watched.digest,): 1}
    assert "churn_drift_statistic" not in found


def test_a_window_tells_its_tests_and_its_rows() -> None:
    clock = Clock()
    made = sidecar(clock)
    made.take(message(drift_rows(SCHEMA, 1000, seed=3, missing=0.01, shift=1.0), {"c0": 2}))
    clock.move(61)
    made.close_window()
    found = _samples(SidecarMetrics(made))
    assert found["churn_drift_state"] == {("engine",): 2}
    assert found["churn_drift_windows_total"] == {(): 1}
    assert found["churn_drift_windows_lost_total"] == {(): 0}
    assert set(found["churn_drift_statistic"]) == {
        *((f"n{place}", "ks") for place in range(3)),
        *((f"c{place}", "chi2") for place in range(2)),
    }
    assert found["churn_drift_statistic"]["n0", "ks"] > 0.3
    assert found["churn_drift_pvalue_adj"]["n0",] < 1e-6
    assert found["churn_unseen_ratio"]["c0",] == 0.002
    assert 0 < found["churn_missing_ratio"]["n1",] < 0.03
    assert found["churn_score_psi"][()] < 0.1


def test_so_many_features_have_series_of_their_own() -> None:
    schema = drift_schema(numeric=80, categories=())
    trained = drift_rows(schema, 500, seed=1)
    assert drift_reference(schema, trained).features.keys() == set(schema.names)
    clock = Clock()
    made = sidecar(clock, watched(schema, trained))
    made.take(message(drift_rows(schema, 1000, seed=2)))
    clock.move(61)
    made.close_window()
    assert len(_samples(SidecarMetrics(made))["churn_missing_ratio"]) == 50
