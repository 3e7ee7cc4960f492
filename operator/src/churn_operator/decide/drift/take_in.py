"""What sidecars answered now, beside what they answered before: rows since the present window began, nothing twice."""

from collections.abc import Mapping
from dataclasses import replace

from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.counts import Counts, FeatureCounts
from churn_models.drift.errors import CountsShrank
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.drift.report import Report
from churn_models.drift.row_cells import CELLS
from churn_models.reference import FeatureReference, NumericReference, Reference

from churn_operator.decide.drift.state import Checkpoint, DriftState, Instance
from churn_operator.decide.drift.tally import Tally, tally_of, total_of
from churn_operator.decide.drift.window import counted_so_far, window_of
from churn_operator.observe.late import is_moment, seconds_between
from churn_operator.observe.sidecar_pod import PodKind

FORGOTTEN_SECONDS = 3600.0
"""A process that is silent for so long is forgotten; one that is unknown counts from its begin if that is not longer
ago, else from now on. So nothing is counted twice."""
MOST_ROWS = 1 << 40
"""Of a process: more than any counts in years, and sums over any number of pods stay within what a count may be."""
_LARGEST_SUM = 1e300
AWAITED_SECONDS = 120.0
"""How long another operator's processes may take to be heard again, before it goes on without them."""


def take_in(
    state: DriftState,
    reports: Mapping[str, Report],
    reference: Reference,
    now: str,
    pods: Mapping[str, PodKind] | None = None,
) -> DriftState:
    """Reports of other bundles, or that do not fit the reference, are left out. `pods`: as `advance` says."""
    ours = {pod: one for pod, one in reports.items() if one.digest == state.digest and fits(one, reference)}
    if state.awaited:
        left = state.awaited
        may_come = _may_come(left, ours, pods)
        state = _resumed(state, left, ours, now, may_come) if _is_ours(left, reference) else _given_up(state, left)
    for pod, report in ours.items():
        state = _heard(state, pod, report, now)
    state = _with_pods(_forget(state, now), ours, pods)
    begun = state.begun or (now if state.rows + state.dropped > 0 else "")
    return replace(state, begun=begun, heard=now if ours else state.heard)


def fits(report: Report, reference: Reference) -> bool:
    """Whether its counts can be added up, and it tells since when they are."""
    if sum(report.dropped.values()) > MOST_ROWS or not is_moment(report.started):
        return False
    return _add_up(report.counts, reference)


def _add_up(counts: Counts, reference: Reference) -> bool:
    """On the reference's bins and categories, and of a size that can be counted."""
    if counts.features.keys() != reference.features.keys() or counts.rows > MOST_ROWS:
        return False
    if len(counts.cells) not in (0, CELLS):
        return False
    wanted, scores = len(reference.scores.raw.counts), counts.scores
    if (len(scores.bins), len(scores.calibrated_sums)) != (wanted, wanted):
        return False
    are_sums = all(churn <= rows + 1 for churn, rows in zip(scores.calibrated_sums, scores.bins, strict=True))
    return are_sums and all(_fits(counts.features[name], known) for name, known in reference.features.items())


def _fits(counts: FeatureCounts, reference: FeatureReference) -> bool:
    if isinstance(reference, NumericReference):
        if not isinstance(counts, NumericCounts) or abs(counts.sum) > _LARGEST_SUM:
            return False
        return len(counts.bins) == len(reference.histogram.counts)
    if not isinstance(counts, CategoricalCounts) or len(counts.counts) != len(reference.counts):
        return False
    return len(counts.joint) == sum(map(len, reference.joint))


def _heard(state: DriftState, pod: str, report: Report, now: str) -> DriftState:
    """The state with one more report."""
    tally = tally_of(report)
    windows = report.engine.windows
    new = Instance(pod, report.instance, tally, now, drifts=bool(windows and windows[-1].is_drift))
    known = next((one for one in state.instances if one.instance == report.instance), None)
    others = tuple(one for one in state.instances if one.instance != report.instance)
    state = replace(state, alike=state.alike if report.alike is None else report.alike)
    if known is None:
        is_new = seconds_between(report.started, now) <= FORGOTTEN_SECONDS and report.instance not in state.given_up
        return replace(state, instances=(*others, replace(new, begin=None if is_new else tally)))
    if tally.rows < known.last.rows or tally.dropped < known.last.dropped:
        carried, lost = _carried(state.carried, known)
        state = replace(state, carried=carried, lost=state.lost + lost, restarts=state.restarts + 1)
        return replace(state, instances=(*others, new))
    return replace(state, instances=(*others, replace(new, begin=known.begin)))


def _forget(state: DriftState, now: str) -> DriftState:
    """Without processes that are silent for long; their rows stay in the window."""
    carried, lost, kept = state.carried, state.lost, []
    for one in state.instances:
        if seconds_between(one.heard, now) <= FORGOTTEN_SECONDS:
            kept.append(one)
        else:
            carried, missed = _carried(carried, one)
            lost += missed
    return replace(state, carried=carried, lost=lost, instances=tuple(kept))


def _with_pods(state: DriftState, reports: Mapping[str, Report], pods: Mapping[str, PodKind] | None) -> DriftState:
    """As their pods are. Those that are gone are known for a while yet, so that nothing counts twice, were they there
    all the same."""
    kinds = pods or {}

    def is_gone(one: Instance) -> bool:
        has_another = one.pod in reports and reports[one.pod].instance != one.instance
        return one.is_gone or has_another or (pods is not None and one.pod not in pods)

    placed = (replace(one, is_gone=is_gone(one), kind=kinds.get(one.pod, one.kind)) for one in state.instances)
    return replace(state, instances=tuple(placed))


def _carried(carried: Tally | None, one: Instance) -> tuple[Tally | None, int]:
    tally, lost = window_of(one)
    return total_of(each for each in (carried, tally) if each), lost


def _may_come(left: Checkpoint, reports: Mapping[str, Report], pods: Mapping[str, PodKind] | None) -> bool:
    """Whether any process that the other operator knew, and that is not heard, may be there: only slow."""
    heard = {one.instance for one in reports.values()}
    missing = {pod for instance, (pod, _) in left.instances.items() if instance not in heard}
    return any(pod not in reports and (pods is None or pod in pods) for pod in missing)


def _resumed(
    state: DriftState, left: Checkpoint, reports: Mapping[str, Report], now: str, may_come: bool
) -> DriftState:
    """Once all processes that the other operator knew are heard or gone, or two minutes later, the window goes on.

    What the processes have counted meanwhile is in the window if all are there: only the sum of what they had counted
    was kept. Otherwise it is lost, and counted as that.
    """
    found = {one.instance: (pod, one) for pod, one in reports.items() if one.instance in left.instances}
    is_whole = len(found) == len(left.instances)
    if may_come and seconds_between(left.since, now) < AWAITED_SECONDS:
        return state
    instances = tuple(
        Instance(pod, name, tally_of(one), now, begin=tally_of(one)) for name, (pod, one) in found.items()
    )
    meanwhile, lost = _since(left, instances) if is_whole else (None, _rows_since(left, instances))
    carried = total_of(each for each in (left.window, meanwhile) if each)
    missed = frozenset(left.instances.keys() - found.keys())
    state = replace(state, awaited=None, given_up=missed, instances=instances, carried=carried)
    return replace(state, lost=state.lost + lost)


def _is_ours(left: Checkpoint, reference: Reference) -> bool:
    """Somebody may have edited it, or another version have counted otherwise."""
    return all(_add_up(one.counts, reference) for one in (left.window, left.base) if one)


def _given_up(state: DriftState, left: Checkpoint) -> DriftState:
    """Without the window of the other operator; its processes count from now on."""
    lost = state.lost + (left.window.rows if left.window else 0)
    return replace(state, awaited=None, begun="", given_up=frozenset(left.instances), lost=lost)


def _since(left: Checkpoint, instances: tuple[Instance, ...]) -> tuple[Tally | None, int]:
    counted = counted_so_far(instances)
    if counted is None or left.base is None:
        return counted, 0
    try:
        return counted.less(left.base), 0
    except CountsShrank:
        return None, _rows_since(left, instances)


def _rows_since(left: Checkpoint, instances: tuple[Instance, ...]) -> int:
    return sum(max(0, one.last.rows - left.instances[one.instance][1]) for one in instances)
