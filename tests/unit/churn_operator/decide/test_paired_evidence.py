"""What pods tell at /state, added up for the gates."""

from churn_models.paired_scores import PairedScores
from churn_models.traffic import HeldTable, InForce
from churn_operator.decide.paired_evidence import paired_evidence
from support.paired_pods import OTHER, STABLE, counts, state

_THIRD = "sha256:" + "c" * 64
_TABLE = "sha256:" + "d" * 64


def _pairs(*cells: tuple[int, int, int], edges_of: str = STABLE, other: str = OTHER) -> PairedScores:
    return PairedScores(stable=STABLE, other=other, edges_of=edges_of, bins=3, cells=cells)


def test_pods_add_up() -> None:
    one = state(_pairs((0, 1, 5)), counts(STABLE, 5), counts(OTHER, 5, faults=1))
    two = state(_pairs((0, 1, 2), (2, 2, 3)), counts(STABLE, 5), counts(OTHER, 5, microseconds=3_000), instance="two")
    found = paired_evidence([one, two], STABLE, OTHER)
    assert (found.judged.requests, found.judged.faults, found.control.requests) == (10, 1, 10)
    assert (found.judged.version, found.control.version) == ("8", "7")
    assert sum(found.judged.buckets) == 10
    assert found.joint is not None
    assert found.joint.cells == ((0, 1, 7), (2, 2, 3))
    assert found.pairs == 10


def test_nothing_seen_is_nothing() -> None:
    found = paired_evidence([state()], STABLE, OTHER)
    assert (found.pairs, found.judged.requests, found.open_breakers) == (0, 0, 0)
    assert found.joint is None


def test_processes_of_another_model_are_left_out() -> None:
    foreign = state(_pairs((0, 0, 9)), counts(OTHER, 9)).model_copy(update={"digest": _THIRD})
    assert paired_evidence([foreign], STABLE, OTHER).judged.requests == 0


def test_pairs_with_another_candidate_are_left_out() -> None:
    assert paired_evidence([state(_pairs((0, 0, 9), other=_THIRD))], STABLE, OTHER).pairs == 0


def test_pairs_on_different_edges_are_not_added_up() -> None:
    states = [state(_pairs((0, 0, 9))), state(_pairs((1, 1, 4), edges_of=OTHER))]
    found = paired_evidence(states, STABLE, OTHER)
    assert found.joint is not None
    assert found.joint.cells == ((0, 0, 9),)


def test_exchanged_judges_the_pods_own_model() -> None:
    told = paired_evidence([state(_pairs((0, 1, 5)), counts(STABLE, 5, faults=2), counts(OTHER, 5))], STABLE, OTHER)
    found = told.exchanged()
    assert (found.judged.digest, found.judged.faults, found.control.digest) == (STABLE, 2, OTHER)
    assert found.joint is not None
    assert found.joint.cells == ((1, 0, 5),)
    assert (found.joint.stable, found.joint.other, found.joint.edges_of) == (OTHER, STABLE, STABLE)


def test_open_breakers_are_counted_for_what_is_tried() -> None:
    tried = InForce(
        generation=1, candidate=_TABLE, weight=0, sample=0, previous=False, silent_seconds=0.0, is_breaker_open=True
    )
    held = (HeldTable(sha256=_TABLE, digest=OTHER, version="8"),)
    opened = state().model_copy(update={"in_force": tried, "held": held})
    found = paired_evidence([opened, state(instance="two")], STABLE, OTHER)
    assert found.open_breakers == 1
    assert found.exchanged().open_breakers == 0
    assert paired_evidence([opened], STABLE, _THIRD).open_breakers == 0
