"""Rollouts that meet something: an MLflow that is away, a pause, a retry, a new serving image, too many records."""

from dataclasses import replace

import pytest
from churn_operator.api.pod_options import PodOptions
from churn_operator.api.status import ChurnModelStatus, Reason, State
from churn_operator.decide.actions import Hold, Keep, Promote, Quarantine, Reject, RollBack, Try
from churn_operator.decide.facts import find_facts
from churn_operator.decide.image_phase import image_phase
from churn_operator.decide.observed import Observed, Target, TargetProblem
from churn_operator.image_pace import ImagePhase
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.record import Fate, Record
from support.observations import (
    DIGESTS,
    after,
    deployed,
    model,
    observed,
    plan_of,
    problem,
    revision,
    served,
    status_of,
    target,
    verdict_of,
)

STABLE_1 = ChurnModelStatus(stable=served("1"))
BAD = PodFailure(Reason.BUNDLE_REJECTED, "GoldenMismatch: golden row 3")
CRASHES = PodFailure(Reason.CRASHING, "server of telco-1 ended 3 times, last with Killed", 3)
DOWN = problem(Reason.REGISTRY_UNREACHABLE)


def _trying(failure: PodFailure | None = None, **changes: object) -> Observed:
    """Version 2 is on its way, 1 is stable."""
    found: dict[str, object] = {"deployed": deployed("2", False, failure), "model": model(status=STABLE_1)}
    return observed(**{**found, "target": target("2"), **changes})


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(_trying(BAD), id="as usual"),
        pytest.param(_trying(BAD, target=DOWN), id="MLflow is away"),
        pytest.param(_trying(BAD, model=model({"paused": True}, STABLE_1)), id="paused"),
    ],
)
def test_a_bad_candidate_is_rejected_without_mlflow_and_while_paused(seen: Observed) -> None:
    action = verdict_of(seen).action
    assert isinstance(action, Quarantine)
    assert (action.rejected.bundle.version, action.run.bundle.version) == ("2", "1")


def test_pods_that_crash_make_the_revision_faulty_and_not_its_digest() -> None:
    first = _trying(CRASHES)
    assert isinstance(verdict_of(first).action, Reject)
    more_memory = {"serving": {"resources": {"memory": "4Gi"}}}
    later = after(first, deployed=deployed("1"))
    assert verdict_of(later).state is State.REJECTED
    other = replace(later, model=model(more_memory, later.model.status))
    assert isinstance(verdict_of(other).action, Try)


def test_a_bad_bundle_is_bad_in_every_configuration() -> None:
    later = after(_trying(BAD), deployed=deployed("1"))
    other = replace(later, model=model({"serving": {"resources": {"memory": "4Gi"}}}, later.model.status))
    assert verdict_of(other).state is State.REJECTED


@pytest.mark.parametrize("failure", [BAD, CRASHES], ids=["bundle", "crashes"])
def test_another_retry_token_lifts_a_rejection_once(failure: PodFailure) -> None:
    later = after(_trying(failure), deployed=deployed("1"))
    wants = replace(later, model=model({"rollout": {"retry": "please"}}, later.model.status))
    assert isinstance(verdict_of(wants).action, Try)
    tried = after(wants, deployed=deployed("2", False))
    assert next(one for one in tried.records.values() if one.bundle.version == "2").fate is Fate.NEW
    fails = replace(tried, deployed=deployed("2", False, failure))
    again = after(fails, deployed=deployed("1"))
    assert verdict_of(again).state is State.REJECTED
    serves = after(tried, deployed=deployed("2"))
    assert isinstance(verdict_of(serves).action, Promote)


def test_a_deadline_that_is_over_rejects_and_one_that_is_not_is_looked_at_when_it_ends() -> None:
    late = replace(deployed("2", False), seconds_left=-1.0)
    assert verdict_of(_trying(deployed=late)).reason is Reason.PROGRESS_DEADLINE_EXCEEDED
    soon = verdict_of(_trying(deployed=replace(late, seconds_left=30.0)))
    assert (soon.state, soon.look_again) == (State.ROLLING_OUT, 31.0)


def test_one_crash_may_pass() -> None:
    assert verdict_of(_trying(replace(CRASHES, ends=2))).state is State.ROLLING_OUT


def test_a_pause_holds_a_rollout_where_it_is() -> None:
    seen = _trying(model=model({"paused": True}, STABLE_1))
    plan = plan_of(seen)
    assert plan.stops_rollout
    assert plan.serving is not None and plan.serving.bundle.version == "2"
    assert status_of(seen).candidate is not None
    assert not plan_of(_trying()).stops_rollout


def test_a_pause_does_not_hold_the_way_back() -> None:
    back = after(_trying(BAD), deployed=deployed("1", False), model=model({"paused": True}, STABLE_1))
    action = verdict_of(back).action
    assert isinstance(action, Hold)
    assert not action.stops_rollout


def test_an_outage_changes_nothing_and_afterwards_the_rollout_goes_on() -> None:
    seen = _trying(target=DOWN)
    assert isinstance(verdict_of(seen).action, Try)
    assert [one.fate for one in plan_of(seen).records] == [one.fate for one in _trying().records.values()]
    assert isinstance(verdict_of(_trying(deployed=deployed("2"), target=DOWN)).action, Promote)


@pytest.mark.parametrize(
    ("digest", "target_now", "state", "run"),
    [
        pytest.param(DIGESTS["2"], target("2"), State.ROLLING_OUT, "2", id="the candidate's"),
        pytest.param(DIGESTS["3"], problem(Reason.DIGEST_MISMATCH), State.REJECTED, "1", id="another one"),
        pytest.param(DIGESTS["3"], DOWN, State.ROLLING_OUT, "1", id="another one, and MLflow is away"),
        pytest.param(DIGESTS["1"], target("1"), State.ROLLING_OUT, "1", id="the stable one's, and its version"),
    ],
)
def test_a_digest_that_is_set_in_the_middle_of_a_rollout(
    digest: str, target_now: Target | TargetProblem, state: State, run: str
) -> None:
    wanted = model({"model": {"name": "telco", "digest": digest}}, STABLE_1)
    verdict = verdict_of(_trying(model=wanted, target=target_now))
    assert verdict.action.run is not None
    assert (verdict.state, verdict.action.run.bundle.version) == (state, run)


@pytest.mark.parametrize(
    "status", [pytest.param(None, id="the first one"), pytest.param(STABLE_1, id="beside a stable one")]
)
def test_pods_of_a_digest_that_spec_has_come_to_exclude_are_not_made_stable(status: ChurnModelStatus | None) -> None:
    wanted = model({"model": {"name": "telco", "digest": DIGESTS["3"]}}, status)
    serves = _trying(model=wanted, deployed=deployed("2"), target=problem(Reason.DIGEST_MISMATCH))
    if not status:
        serves = replace(
            serves, records={name: one for name, one in serves.records.items() if one.bundle.version == "2"}
        )
    verdict = verdict_of(serves)
    assert (verdict.state, verdict.reason) == (State.REJECTED, Reason.DIGEST_MISMATCH)
    assert not isinstance(verdict.action, Promote)


def _image(may_change: bool = True, **changes: object) -> Observed:
    """Version 1 is stable in serving:1, and the operator brings serving:2."""
    found: dict[str, object] = {"deployed": deployed("1"), "model": model(status=STABLE_1)}
    return observed(**{**found, "serving_image": "serving:2", "may_change_image": may_change, **changes})


def _phase(seen: Observed) -> ImagePhase:
    return image_phase(seen, find_facts(seen), verdict_of(seen))


def test_a_new_image_waits_for_its_turn_and_says_so() -> None:
    verdict = verdict_of(_image(False))
    assert (verdict.state, _phase(_image(False))) == (State.STABLE, ImagePhase.WAITS)
    assert "serving:2 is tried when it is this ChurnModel's turn" in verdict.message


def test_a_new_image_is_tried_as_a_candidate_when_it_is_its_turn() -> None:
    seen = _image()
    assert isinstance(verdict_of(seen).action, Try)
    assert _phase(seen) is ImagePhase.MOVES
    candidate = status_of(seen).candidate
    assert candidate is not None and candidate.version == "1"


@pytest.mark.parametrize(
    ("spec", "image", "waits"),
    [
        pytest.param({}, "serving:2", True, id="new image and new defaults"),
        pytest.param({}, "serving:1", True, id="new defaults"),
        pytest.param({"pod": {"labels": {"team": "retention"}}}, "serving:2", False, id="its user asks for more"),
    ],
)
def test_new_defaults_for_all_pods_wait_for_their_turn(spec: dict[str, object], image: str, waits: bool) -> None:
    defaults = PodOptions.model_validate({"priorityClassName": "batch"})
    seen = _image(False, serving_image=image, pod_defaults=defaults, model=model(spec, STABLE_1))
    assert isinstance(verdict_of(seen).action, Keep if waits else Try)
    assert _phase(seen) is (ImagePhase.WAITS if waits else ImagePhase.SETTLED)
    assert ("ChurnModel's turn" in verdict_of(seen).message) == waits
    turn = replace(seen, may_change_image=True)
    assert isinstance(verdict_of(turn).action, Try)
    assert _phase(turn) is (ImagePhase.MOVES if waits else ImagePhase.SETTLED)


def test_a_turn_that_was_begun_before_a_restart_goes_on() -> None:
    new = revision("1", image="serving:2")
    seen = _image(False, deployed=replace(deployed("2", False), revision=new.identifier), records=_known(new))
    assert _phase(seen) is ImagePhase.MOVES


def test_an_image_whose_pods_do_not_get_ready_is_taken_back_and_gives_its_turn_away() -> None:
    new = revision("1", image="serving:2")
    failing = replace(deployed("2", False, CRASHES), revision=new.identifier)
    seen = _image(deployed=failing, records=_known(new))
    action = verdict_of(seen).action
    assert isinstance(action, Reject)
    assert action.run.configuration.image == "serving:1"
    assert _phase(seen) is ImagePhase.SETTLED
    later = after(seen, deployed=deployed("1"), may_change_image=False)
    assert (verdict_of(later).state, _phase(later)) == (State.REJECTED, ImagePhase.SETTLED)


def test_a_paused_model_waits_for_no_turn() -> None:
    assert _phase(_image(model=model({"paused": True}, STABLE_1))) is ImagePhase.SETTLED


def test_a_rollout_under_way_is_finished_in_its_image_before_another_one_is_tried() -> None:
    seen = _image(False, deployed=deployed("2", False), target=target("2"))
    run = verdict_of(seen).action.run
    assert run is not None and (run.bundle.version, run.configuration.image) == ("2", "serving:1")


def _known(*more: Record) -> dict[str, Record]:
    return {one.identifier: one for one in (revision("1"), *more)}


def test_an_alias_that_moves_back_is_a_roll_back() -> None:
    assert isinstance(verdict_of(_trying(target=target("1"))).action, RollBack)


def test_old_records_are_pruned_and_their_digests_kept() -> None:
    many = [
        replace(
            revision("1"),
            identifier=f"r{number}",
            bundle=replace(revision("1").bundle, version=str(number), digest=f"sha256:{number}"),
            created=f"2026-01-{number:02}T00:00:00Z",
            fate=Fate.NEW,
        )
        for number in range(2, 30)
    ]
    known = {one.identifier: one for one in (replace(revision("1"), created="2025-01-01T00:00:00Z"), *many)}
    seen = observed(deployed=deployed("1"), model=model(status=STABLE_1), records=known, ledger={"90": "sha256:90"})
    plan = plan_of(seen)
    assert len(plan.records) == 14
    assert revision("1").identifier in {one.identifier for one in plan.records}
    assert plan.ledger == {**{str(number): f"sha256:{number}" for number in range(2, 17)}, "90": "sha256:90"}


def test_a_record_that_somebody_took_away_comes_back_with_its_fate() -> None:
    seen = observed(deployed=deployed("1"), model=model(status=STABLE_1), records={})
    (record,) = plan_of(seen).records
    assert (record.fate, record.since) == (Fate.SERVED, served("1").since)
    assert verdict_of(seen).state is State.STABLE


def test_a_rejection_told_in_an_unknown_word_is_taken_back_all_the_same() -> None:
    bad = replace(revision("2"), fate=Fate.FAULTY, reason="BundleRefused", message="golden row 3")
    action = verdict_of(_trying(records=_known(bad))).action
    assert isinstance(action, RollBack) and action.run.bundle.version == "1"


def test_a_bundle_that_has_served_since_it_was_found_bad_is_not_bad_in_other_configurations() -> None:
    bad = replace(
        revision("2", "serving:0"), fate=Fate.QUARANTINED, since="2026-11-20T12:00:00Z", reason="BundleRejected"
    )
    good = replace(revision("2"), fate=Fate.SERVED, since="2026-11-21T12:00:00Z")
    more_memory = model({"serving": {"resources": {"memory": "4Gi"}}})
    seen = observed(
        model=more_memory,
        target=target("2"),
        deployed=deployed("2"),
        records={one.identifier: one for one in (bad, good)},
    )
    assert isinstance(verdict_of(seen).action, Try)
    later = replace(seen, records={one.identifier: one for one in (replace(bad, since="2026-11-22T12:00:00Z"), good)})
    assert verdict_of(later).state is State.REJECTED
