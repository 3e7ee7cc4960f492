"""The Indexed Job that searches, and the trainings that take what it has found."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from churn_operator.api.database import database_of
from churn_operator.api.manifest import Manifest
from churn_operator.audit.loop import Occasion, Retraining
from churn_operator.children.build_children import build_children
from churn_operator.decide.plan import Plan
from churn_operator.installation import Installation
from churn_operator.settings import Settings
from support.observations import NOW, model

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
RETRAINING = Retraining(Occasion("retrain-0123456789", "Input", "sha256:1"), NOW)
STORAGE = "postgresql://optuna.example:6432/studies"


def _spec(search: dict[str, Any] | None, **training: Any) -> dict[str, Any]:
    fields = {"dataset": "postgresql://me@db/churn/telco?sslmode=require", "ensemble": "telco", **training}
    return {"training": fields if search is None else {**fields, "search": search}}


def _job(plan: Plan, spec: dict[str, Any], settings: Settings = SETTINGS) -> Manifest:
    return next(child for child in build_children(model(spec), plan, settings) if child["kind"] == "Job")


def _search(search: dict[str, Any] | None = None, settings: Settings = SETTINGS, **training: Any) -> Manifest:
    return _job(Plan(search=True), _spec(search or {}, **training), settings)


def _words(job: Manifest) -> list[str]:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return list(container["args"])


def _after(job: Manifest, option: str) -> str:
    words = _words(job)
    return words[words.index(option) + 1]


def test_its_pods_share_one_study_and_index_0_ends_it() -> None:
    spec = _search({"workers": 4, "trials": 60, "sampler": "nsga2", "hours": 1.5}, deadline="2h")["spec"]
    shared = ("completionMode", "completions", "parallelism", "backoffLimitPerIndex", "successPolicy")
    assert [spec[name] for name in shared] == ["Indexed", 4, 4, 3, {"rules": [{"succeededIndexes": "0"}]}]
    assert (spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"]) == (3.5 * 3600, 604800)
    job = _search({"workers": 4, "trials": 60, "sampler": "nsga2", "hours": 1.5}, seed=7)
    assert [_after(job, f"--{name}") for name in ("trials", "sampler", "hours", "seed", "name")] == [
        "60",
        "nsga2",
        "1.5",
        "7",
        "telco",
    ]
    assert _words(job)[0] == "search"
    assert job["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 2, "the Job waits for pods to end"


def test_bad_data_end_it_at_once_and_an_eviction_costs_no_attempt() -> None:
    fails, ignores = _search()["spec"]["podFailurePolicy"]["rules"]
    assert fails["onExitCodes"] == {"containerName": "search", "operator": "In", "values": [2]}
    assert (fails["action"], ignores["action"]) == ("FailJob", "Ignore")


@pytest.mark.parametrize(
    ("search", "training", "storage"),
    [
        pytest.param({}, {}, "postgresql://me@db/churn?sslmode=require", id="the customers' database"),
        pytest.param({"storage": STORAGE}, {}, STORAGE, id="another one"),
        pytest.param({"storage": STORAGE}, {"dataset": "data/telco.csv"}, STORAGE, id="beside a file"),
    ],
)
def test_all_that_search_and_train_use_one_storage_with_one_login(
    search: dict[str, Any], training: dict[str, Any], storage: str
) -> None:
    spec = _spec(search, credentialsSecret="crm", **training)
    plans = (Plan(search=True), Plan(train=True), Plan(retraining=RETRAINING))
    jobs = [_job(plan, spec) for plan in plans]
    assert {_after(job, "--storage") for job in jobs} == {storage}
    assert len({_after(job, "--study") for job in jobs}) == 1
    for job in jobs:
        (container,) = job["spec"]["template"]["spec"]["containers"]
        secrets = {
            one["name"]: one["valueFrom"]["secretKeyRef"]["name"] for one in container["env"] if "valueFrom" in one
        }
        assert {secrets["PGUSER"], secrets["PGPASSWORD"]} == {"crm"}
        assert container["image"] == "training:1"
    # Only what evidence asks for may find nothing: the search may be younger than the version that serves.
    assert ["--or-as-written" in _words(job) for job in jobs] == [False, False, True]


def test_a_file_without_a_storage_is_trained_as_written() -> None:
    assert "--study" not in _words(_job(Plan(train=True), _spec({}, dataset="data/telco.csv")))
    assert "--study" not in _words(_job(Plan(train=True), _spec(None)))


def test_more_trials_are_another_job_of_the_same_search_and_other_customers_another_search() -> None:
    first, more, other = _search(), _search({"trials": 300}), _search(dataset="postgresql://db/churn/other")
    assert len({job["metadata"]["name"] for job in (first, more, other)}) == 3
    assert _after(first, "--study") == _after(more, "--study") != _after(other, "--study")
    assert _after(first, "--study").startswith("churn.telco-")
    longest = len("a" * 42 + first["metadata"]["name"].removeprefix("telco") + "-63")
    assert longest <= 63, "a pod's host name"


def test_it_may_wait_where_the_installation_says_so() -> None:
    assert "priorityClassName" not in _search()["spec"]["template"]["spec"]
    low = replace(SETTINGS, installation=Installation(retraining_priority="low"))
    assert _search(settings=low)["spec"]["template"]["spec"]["priorityClassName"] == "low"


def test_an_ensemble_of_ones_own_is_where_it_begins() -> None:
    job = _search(ensemble={"configMap": "mine"})
    pod = job["spec"]["template"]["spec"]
    assert _after(job, "--ensemble") == "/ensemble"
    assert {"name": "ensemble", "configMap": {"name": "mine", "optional": True}} in pod["volumes"]


@pytest.mark.parametrize(("search", "ports"), [({}, [5432]), ({"storage": STORAGE}, [5432, 6432])])
def test_its_pods_reach_both_databases(search: dict[str, Any], ports: list[int]) -> None:
    children = build_children(model(_spec(search)), Plan(search=True), SETTINGS)
    (policy,) = (child for child in children if child["kind"] == "NetworkPolicy")
    databases = [way["ports"][0]["port"] for way in policy["spec"]["egress"][2:]]
    assert databases == ports


def test_the_example_keeps_its_trials_beside_the_customers() -> None:
    (example,) = yaml.safe_load_all(Path("manifests/examples/telco-search.yaml").read_text(encoding="utf-8"))
    job = _job(Plan(search=True), {"training": example["spec"]["training"]})
    assert (job["spec"]["completions"], _after(job, "--trials")) == (2, "60")
    assert _after(job, "--storage") == "postgresql://postgresql.churnserve-system/churn"


@pytest.mark.parametrize(
    ("table", "database"),
    [
        ("postgresql://db/churn/telco", "postgresql://db/churn"),
        ("postgres://me@db:6432/churn/telco?sslmode=require", "postgresql://me@db:6432/churn?sslmode=require"),
        ("postgresql://[::1]/churn/telco", "postgresql://[::1]/churn"),
    ],
)
def test_the_database_of_a_table(table: str, database: str) -> None:
    assert database_of(table) == database
