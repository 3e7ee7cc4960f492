"""What other versions of the operator left behind: the last good revision is found in all of it, and no pod rolls."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from churn_operator.api.status import Reason, State
from churn_operator.children.build_children import build_children
from churn_operator.decide.facts import find_facts
from churn_operator.decide.observed import Observed
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.record import Fate, Record
from support.observations import intended, members, plan_of, problem, status_of, target, verdict_of
from support.written_state import BAD, SETTINGS, Written, observe, states

HERE = Path(__file__).parent
WRITTEN: dict[str, dict[str, Written]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(HERE.glob("v*.json"))
} | {"today": states()}
CASES = [pytest.param(found, id=f"{name}: {case}") for name, cases in WRITTEN.items() for case, found in cases.items()]
NEW = "FromTheFuture"
WORDS = {"state", "type", "status", "reason", "action", "strategy", "placement"}
"""Fields that hold a word of a list that may grow."""

Place = tuple[str | int, ...]


def _seen(written: Written, **changes: Any) -> Observed:
    """With the pods of its Deployments, all ready where the stable revision is the one that they run."""
    serving = next(one for one in written["deployments"] if one["metadata"]["name"] == "telco")
    revision = serving["spec"]["template"]["metadata"]["labels"]["churnserve.dev/revision"]
    settled = "candidate" not in written["churnModel"]["status"]
    deployed = Deployed(revision, settled, settled, 2 if settled else 0, wanted_pods=2)
    found = {revision: members(1)} if len(written["deployments"]) > 1 else {}
    wanted = target("1" if settled else "2")
    return observe(written, **{"deployed": deployed, "members": found, "target": wanted, **changes})


def _stable(written: Written) -> Record | None:
    return find_facts(_seen(written)).stable


@pytest.mark.parametrize("written", CASES)
def test_the_last_good_revision_is_found(written: Written) -> None:
    stable = _stable(written)
    assert stable is not None
    assert (stable.identifier, stable.bundle.version) == (written["churnModel"]["status"]["stable"]["revision"], "1")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="the same image"),
        pytest.param({"serving_image": "serving:2", "may_change_image": False}, id="another image"),
        pytest.param({"serving_image": "serving:2", "target": problem(Reason.REGISTRY_UNREACHABLE)}, id="no MLflow"),
    ],
)
@pytest.mark.parametrize("written", CASES)
def test_no_pod_is_rolled_by_an_upgrade(written: Written, changes: dict[str, Any]) -> None:
    """A new serving image waits for its turn, and for MLflow."""
    assert _templates_after(_seen(written, **changes)) == _templates(written["deployments"])


@pytest.mark.parametrize("version", WRITTEN)
def test_a_paused_model_keeps_its_image_even_when_it_is_its_turn(version: str) -> None:
    written = WRITTEN[version]["paused"]
    assert _templates_after(_seen(written, serving_image="serving:2")) == _templates(written["deployments"])


def test_an_image_of_0_1_gets_no_argument_that_it_does_not_know() -> None:
    """Its record has no template, and the Deployment's is the candidate's already: it is rendered anew."""
    seen = _seen(WRITTEN["v0.1"]["mid-rollout"])
    assert seen.deployed is not None
    seen = replace(seen, deployed=replace(seen.deployed, failure=BAD))
    (fetch,) = _templates_after(seen)["telco"]["spec"]["initContainers"]
    options = [word for word in fetch["args"] if word.startswith("--")]
    assert (fetch["args"][2], options) == ("models:/telco/1", ["--source", "--digest", "--to"])


@pytest.mark.parametrize("written", CASES)
def test_what_was_rejected_stays_so(written: Written) -> None:
    told = written["churnModel"]["status"]
    bad = told.get("rejected") or told.get("refused")
    seen = _seen(written)
    rejected = {name: record.fate for name, record in seen.records.items() if record.was_rejected}
    if bad is None:
        assert not rejected
        return
    assert rejected == {bad["revision"]: Fate.FAULTY if bad["reason"] == "Crashing" else Fate.QUARANTINED}
    assert verdict_of(_seen(written, target=target("2"))).state is State.REJECTED


@pytest.mark.parametrize("written", CASES)
def test_an_upgrade_puts_nothing_on_record_of_what_was_decided_before(written: Written) -> None:
    """There is no chain yet; it begins with the first decision, and the history stays below it."""
    seen = _seen(written)
    assert not intended(seen)
    assert status_of(seen).history == seen.model.status.history


@pytest.mark.parametrize("written", CASES)
def test_a_field_of_the_future_at_any_level_changes_nothing(written: Written) -> None:
    expected = find_facts(_seen(written))
    for place in _places(written["churnModel"]):
        if place and place[0] in ("spec", "status") and isinstance(_at(written["churnModel"], place), dict):
            changed = deepcopy(written)
            _at(changed["churnModel"], place)[NEW] = {NEW: [1]}
            assert find_facts(_seen(changed)) == expected, place


@pytest.mark.parametrize("written", CASES)
def test_a_word_of_the_future_at_any_place_loses_nothing_that_serves(written: Written) -> None:
    for place in _places(written["churnModel"]):
        if place and place[-1] in WORDS and isinstance(_at(written["churnModel"], place), str):
            changed = deepcopy(written)
            _at(changed["churnModel"], place[:-1])[place[-1]] = NEW
            stable = _stable(changed)
            assert stable is not None and stable.bundle.version == "1", place


@pytest.mark.parametrize("written", CASES)
def test_a_field_of_the_future_in_a_record_changes_nothing(written: Written) -> None:
    known = set(_seen(written).records)
    for number, record in enumerate(written["records"]):
        for place in _places(record["data"]):
            if "templates" not in place and isinstance(_at(record["data"], place), dict):
                changed = deepcopy(written)
                _at(changed["records"][number]["data"], place)[NEW] = 1
                assert set(_seen(changed).records) == known, place
                assert _templates_after(_seen(changed)) == _templates(written["deployments"]), place


@pytest.mark.parametrize("case", WRITTEN["today"])
def test_records_alone_tell_the_last_good_revision_when_the_status_is_lost(case: str) -> None:
    lost = deepcopy(WRITTEN["today"][case])
    stable = lost["churnModel"].pop("status")["stable"]
    found = find_facts(observe(lost)).stable
    assert found is not None and found.identifier == stable["revision"]


def _templates_after(seen: Observed) -> dict[str, Any]:
    """Of the Deployments that the operator would apply."""
    return _templates(build_children(seen.model, plan_of(seen), SETTINGS))


def _templates(children: list[Any]) -> dict[str, Any]:
    return {one["metadata"]["name"]: one["spec"]["template"] for one in children if one["kind"] == "Deployment"}


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    yield place
    parts: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _places(part, (*place, key))


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value
