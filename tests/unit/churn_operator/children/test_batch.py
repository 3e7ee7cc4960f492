"""spec.batch as children: one CronJob whose Jobs share a table, and who its pods may reach."""

import json
from typing import Any

import pytest
from churn_models.run_name import run_name
from churn_operator.api.manifest import Manifest
from churn_operator.children.build_children import build_children
from churn_operator.decide.plan import Plan
from churn_operator.settings import Settings
from support.batch_spec import BATCH
from support.observations import DIGESTS, model, revision

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
DATABASE: dict[str, Any] = {
    "schedule": "@daily",
    "input": "postgresql://crm.sales/crm/customers",
    "output": "postgresql://warehouse.example:6432/dw/scores",
    "credentialsSecret": "crm",
}


def _built(batch: dict[str, Any], **spec: Any) -> dict[str, Manifest]:
    one = revision("1")
    asked = model({"batch": batch, **spec})
    children = build_children(asked, Plan(records=(one,), run=one, serving=one, batch=one), SETTINGS)
    return {child["kind"]: child for child in children if child["metadata"]["name"] == "telco-batch"}


def _job(batch: dict[str, Any], **spec: Any) -> Manifest:
    job: Manifest = _built(batch, **spec)["CronJob"]["spec"]["jobTemplate"]["spec"]
    return job


def _pod(batch: dict[str, Any], **spec: Any) -> Manifest:
    pod: Manifest = _job(batch, **spec)["template"]["spec"]
    return pod


def _container(batch: dict[str, Any], **spec: Any) -> Manifest:
    (container,) = _pod(batch, **spec)["containers"]
    found: Manifest = container
    return found


def _after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


def test_runs_follow_the_schedule_one_at_a_time() -> None:
    spec = _built(BATCH | {"timeZone": "Europe/Berlin"})["CronJob"]["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("15 3 * * *", "Europe/Berlin", "Forbid")
    assert spec["suspend"] is False
    assert _built(BATCH)["CronJob"]["spec"]["timeZone"] == "Etc/UTC"


def test_a_pause_suspends() -> None:
    assert _built(BATCH, paused=True)["CronJob"]["spec"]["suspend"] is True


def test_each_pod_of_a_run_scores_its_share_by_the_same_bundle() -> None:
    job, words = _job(BATCH), _container(BATCH)["args"]
    assert (job["completionMode"], job["completions"], job["parallelism"]) == ("Indexed", 3, 3)
    assert words[0] == "score"
    assert words[-2:] == ["/tables/customers/*.parquet", "/tables/scores"]
    assert _after(words, "--shard") == "$(JOB_COMPLETION_INDEX)/3"
    assert _after(words, "--digest") == DIGESTS["1"]
    (fetch,) = _pod(BATCH)["initContainers"]
    assert _after(fetch["args"], "--digest") == DIGESTS["1"]
    assert _after(fetch["args"], "--to") == _after(words, "--bundle")
    assert {fetch["image"], _container(BATCH)["image"]} == {"scoring:1"}
    assert _job(BATCH)["template"]["metadata"]["annotations"]["churnserve.dev/digest"] == DIGESTS["1"]


def test_a_run_is_known_by_its_job() -> None:
    container = _container(BATCH)
    variables = {one["name"]: one.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath") for one in container["env"]}
    assert _after(container["args"], "--run") == "$(CHURN_RUN)"
    assert variables["CHURN_RUN"] == "metadata.labels['batch.kubernetes.io/job-name']"
    assert _after(container["args"], "--run-id") == "$(CHURN_RUN_ID)"
    assert variables["CHURN_RUN_ID"] == "metadata.labels['batch.kubernetes.io/controller-uid']"


def test_a_pods_failure_is_tried_again_but_for_what_would_end_the_same() -> None:
    job = _job(BATCH)
    rules = job["podFailurePolicy"]["rules"]
    assert job["backoffLimitPerIndex"] == 3
    assert "backoffLimit" not in job
    assert [(rule["action"], rule.get("onExitCodes", {}).get("values")) for rule in rules] == [
        ("FailJob", [2, 65]),
        ("FailJob", [65]),
        ("Ignore", None),
    ]
    assert rules[2]["onPodConditions"][0]["type"] == "DisruptionTarget"


@pytest.mark.parametrize("deadline", ["90m", "6h"])
def test_a_run_ends_and_its_job_is_kept_for_a_while(deadline: str) -> None:
    job = _job(BATCH | {"deadline": deadline})
    assert job["activeDeadlineSeconds"] == {"90m": 5400, "6h": 21600}[deadline]
    assert job["ttlSecondsAfterFinished"] == 604800


def test_a_table_of_postgresql_is_replaced_and_needs_no_folder_of_a_run() -> None:
    words = _container(DATABASE)["args"]
    assert words[-2:] == [DATABASE["input"], DATABASE["output"]]
    assert "--shard" not in words
    assert all(volume["name"] != "tables" for volume in _pod(DATABASE)["volumes"])


def test_one_pod_that_reads_a_database_writes_a_run_all_the_same() -> None:
    mixed = DATABASE | {"output": "scores", "volumeClaim": "tables"}
    assert _after(_container(mixed)["args"], "--shard") == "$(JOB_COMPLETION_INDEX)/1"
    assert _container(mixed)["args"][-1] == "/tables/scores"


def test_credentials_go_to_the_scoring_container_alone_and_with_no_config_map() -> None:
    pod = {"envFrom": [{"configMapRef": {"name": "proxies"}}]}
    container = _container(DATABASE, pod=pod)
    assert {"PGUSER", "PGPASSWORD", "PGSSLMODE", "PGREQUIREAUTH"} <= {one["name"] for one in container["env"]}
    assert "envFrom" not in container
    assert '"crm"' not in json.dumps(_pod(DATABASE)["initContainers"])
    assert "PGSSLMODE" not in json.dumps(_pod(BATCH))
    assert _container(BATCH, pod=pod)["envFrom"] == pod["envFrom"]


def test_files_called_like_databases_are_files() -> None:
    files = BATCH | {"input": "postgres_export/customers.parquet", "output": "postgresql-scores"}
    words = _container(files)["args"]
    assert words[-2:] == ["/tables/postgres_export/customers.parquet", "/tables/postgresql-scores"]
    assert "--shard" in words
    assert "PGSSLMODE" not in json.dumps(_pod(files))


def test_columns_and_outputs_pass_through() -> None:
    words = _container(BATCH | {"keep": ["region", "$(HOME)", "-x"], "outputs": ["decision"]})["args"]
    assert {"--keep=region", "--keep=$$(HOME)", "--keep=-x", "--output=decision"} <= set(words)


@pytest.mark.parametrize(
    "change",
    [
        DATABASE | {"input": "postgresql://crm.sales/crm/t$(X)"},
        DATABASE | {"output": "postgresql://crm.sales/crm/t$(PGPASSWORD)"},
        BATCH | {"keep": ["$(PGUSER)"]},
    ],
)
def test_no_word_of_the_spec_names_a_variable(change: dict[str, Any]) -> None:
    # As where the API server has an older CRD, or holds what it once took.
    ours = ("$(JOB_COMPLETION_INDEX)", "$(CHURN_RUN)", "$(CHURN_RUN_ID)")
    words = _container(change)["args"]
    assert [word for word in words if "$$(" in word]
    assert not [word for word in words if "$" in word.replace("$$", "") and not word.startswith(ours)]


def test_reasons_are_asked_for_where_they_are_wanted() -> None:
    words = _container(BATCH | {"topReasons": 3, "contributions": True})["args"]
    assert {"--top-reasons=3", "--contributions"} <= set(words)
    assert not [word for word in _container(BATCH)["args"] if "reasons" in word or "contributions" in word]


def test_pods_keep_to_the_restricted_profile_and_to_one_thread() -> None:
    pod = _pod(BATCH)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert pod["restartPolicy"] == "Never"
    for container in [*pod["initContainers"], *pod["containers"]]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {"name": "OMP_NUM_THREADS", "value": "1"} in _container(BATCH)["env"]


def test_pods_are_scheduled_as_all_others_are() -> None:
    pod = _pod(BATCH, pod={"nodeSelector": {"pool": "night"}, "labels": {"team": "growth"}})
    assert pod["nodeSelector"] == {"pool": "night"}


def test_without_a_stable_revision_there_is_no_cron_job() -> None:
    one = revision("1")
    children = build_children(model({"batch": BATCH}), Plan(records=(one,), run=one, serving=one), SETTINGS)
    assert not [child for child in children if child["kind"] == "CronJob"]


@pytest.mark.parametrize(
    ("job", "run"),
    [
        ("telco-batch-29402115", "20251126T0315Z"),
        ("telco-batch-by-hand", "telco-batch-by-hand"),
        ("telco-batch-2940", "telco-batch-2940"),
        ("backfill-20261127", "backfill-20261127"),
        ("telco-batch-20261127", "telco-batch-20261127"),
        ("backfill-29402115", "backfill-29402115"),
    ],
)
def test_a_run_of_the_schedule_is_called_by_its_time(job: str, run: str) -> None:
    assert run_name(job) == run
