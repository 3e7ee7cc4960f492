"""What Prometheus learns of candidates; answers by version are in `churnserve_infer_seconds` and its like."""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from churn_runtimes.candidate.follower import Follower
from churn_runtimes.candidate.tally import Scoring

_followers: dict[str, Follower] = {}
"""By model."""


class _Candidates(Collector):
    """Read at each scrape."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        for model, follower in list(_followers.items()):
            yield _weights(model, follower)
            yield _breakers(model, follower)
            yield _faults(model, follower)
            yield from _pairs(model, follower)


REGISTRY.register(_Candidates())


def show_candidates(model: str, follower: Follower) -> None:
    """Tell them from now on."""
    _followers[model] = follower


def _weights(model: str, follower: Follower) -> Metric:
    family = GaugeMetricFamily(
        "churnserve_candidate_weight",
        "Percent of the requests that a candidate answers in this process now",
        labels=["model", "version"],
    )
    if trial := follower.trial:
        weight = trial.traffic.weight if trial.is_in_force else 0
        family.add_metric([model, trial.candidate.version], weight)
    return family


def _breakers(model: str, follower: Follower) -> Metric:
    family = GaugeMetricFamily(
        "churnserve_candidate_breaker_open",
        "1 where a candidate is tried no more in this process, because of its faults",
        labels=["model", "version"],
    )
    if trial := follower.trial:
        family.add_metric([model, trial.candidate.version], int(trial.breaker.is_open))
    return family


def _faults(model: str, follower: Follower) -> Metric:
    family = CounterMetricFamily(
        "churnserve_candidate_faults",
        "Requests that a candidate scored wrongly and that were answered by stable",
        labels=["model", "version", "fault"],
    )
    for table, tallies in follower.tallies_by_table().items():
        scoring = Scoring.sum_of(tally.scorings()[1] for tally in tallies)
        for fault, count in scoring.faults.items():
            family.add_metric([model, table.version, fault.value], count)
    return family


def _pairs(model: str, follower: Follower) -> Iterator[Metric]:
    labels = ["model", "version"]
    rows = CounterMetricFamily("churnserve_paired_rows", "Rows scored by stable and by a candidate", labels=labels)
    psi = GaugeMetricFamily(
        "churnserve_paired_score_psi",
        "Population stability index of a candidate's scores beside stable's",
        labels=labels,
    )
    ranks = GaugeMetricFamily(
        "churnserve_paired_rank_correlation", "Spearman's, of a candidate's scores and stable's", labels=labels
    )
    for table, tallies in follower.tallies_by_table().items():
        values = [model, table.version]
        rows.add_metric(values, sum(tally.pairs().rows for tally in tallies))
        found = tallies[-1].pairs()
        for family, figure in ((psi, found.score_psi), (ranks, found.rank_correlation)):
            if figure is not None:
                family.add_metric(values, figure)
    yield from (rows, psi, ranks)
