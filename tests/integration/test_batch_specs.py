"""spec.batch as the API server takes it: what is refused, with which sentence, and schedules as CronJobs take them."""

from functools import partial
from typing import Any

import pytest
from support.api_server import ApiServer
from support.bad_spec import BadSpec, shortcoming
from support.batch_spec import BATCH
from support.churn_model_handle import churn_model, churn_models
from support.kube_client import KubeClient, Object, Refused

NAMESPACE = "batch-specs"
DATABASE: Object = {"input": "postgresql://db/crm/customers", "output": "postgresql://db/crm/scores", "parallelism": 1}

NEVER = "so it never comes"
BACKWARDS = "from the smaller to the greater"
OWN_SCORES = "could match what earlier runs wrote below output"


BAD = [
    BadSpec("no schedule", {"schedule": None}, "spec.batch.schedule", "Required value"),
    BadSpec("a day that february has not", {"schedule": "0 0 30,31 2 *"}, "spec.batch", NEVER),
    BadSpec("the 31st of short months", {"schedule": "0 0 31 FEB,4,06,sep,11 ?"}, "spec.batch", NEVER),
    BadSpec("days at the end of february", {"schedule": "*/5 * 30-31 feb *"}, "spec.batch", NEVER),
    BadSpec("a range from a name to a number", {"schedule": "0 0 * * fri-1"}, "spec.batch", BACKWARDS),
    BadSpec("a range from a number to a name", {"schedule": "0 0 * 12-jan *"}, "spec.batch", BACKWARDS),
    BadSpec("no input", {"input": None}, "spec.batch.input", "Required value"),
    BadSpec("no output", {"output": None}, "spec.batch.output", "Required value"),
    BadSpec("unknown field", {"mode": "append"}, "spec.batch.mode", "unknown field"),
    BadSpec("no volume for files", {"volumeClaim": None}, "spec.batch", "name it in volumeClaim"),
    BadSpec(
        "no volume for the output", DATABASE | {"output": "scores", "volumeClaim": None}, "spec.batch", "files lie"
    ),
    BadSpec("a shared text", {"input": "all.csv"}, "spec.batch", "parallelism above 1 needs Parquet"),
    BadSpec("a shared table", DATABASE | {"parallelism": 2}, "spec.batch", "row groups are shared"),
    BadSpec(
        "a shared table called like a file",
        {"input": "postgresql://db/crm/t.parquet", "parallelism": 2},
        "spec.batch",
        "row groups are shared",
    ),
    BadSpec(
        "files called like databases without a volume",
        {"input": "postgres_export/customers.parquet", "output": "postgresql-scores", "volumeClaim": None},
        "spec.batch",
        "name it in volumeClaim",
    ),
    BadSpec("any file of the volume", {"input": "**/*.parquet"}, "spec.batch", OWN_SCORES),
    BadSpec("any file of the output", {"input": "scores/**/*.parquet"}, "spec.batch", OWN_SCORES),
    BadSpec("files as deep as parts", {"input": "scores/*/*.parquet"}, "spec.batch", OWN_SCORES),
    BadSpec("folders like the output", {"input": "s?ores/*/*.parquet"}, "spec.batch", OWN_SCORES),
    BadSpec("one run's folder", {"input": "scores/run=[0-9]*/*.parquet"}, "spec.batch", OWN_SCORES),
    BadSpec("any of three folders", {"input": "*/*/*.parquet", "output": "scores"}, "spec.batch", OWN_SCORES),
    BadSpec("input in other words", {"input": ".//scores/*/*.parquet"}, "spec.batch", "written without //"),
    BadSpec("output in other words", {"output": "scores/"}, "spec.batch", "written without //"),
    BadSpec("the output below", {"input": "a/**/*.parquet", "output": "a/b/scores"}, "spec.batch", OWN_SCORES),
    BadSpec("a shared output", {"output": DATABASE["output"]}, "spec.batch", "a folder as output"),
    BadSpec("input of an unknown kind", {"input": "customers.xlsx"}, "spec.batch.input", "should match"),
    BadSpec("input from the root", {"input": "/etc/x.parquet"}, "spec.batch.input", "should match"),
    BadSpec("input with a variable", {"input": "$(HOME)/x.parquet"}, "spec.batch.input", "should match"),
    BadSpec("a variable in a table", DATABASE | {"input": "postgresql://db/crm/t$(X)"}, "spec.batch", "without $"),
    BadSpec("a variable in a database", DATABASE | {"output": "postgresql://db/$(X)/t"}, "spec.batch", "without $"),
    BadSpec("a variable in a user", DATABASE | {"input": "postgresql://$(X)@db/crm/t"}, "spec.batch", "without $"),
    BadSpec("input like an option", {"input": "--keep=x.parquet"}, "spec.batch.input", "should match"),
    BadSpec("input beside the volume", {"input": "a/../../x.parquet"}, "spec.batch", "input must not leave"),
    BadSpec("output beside the volume", {"output": ".."}, "spec.batch", "output must not leave the volume"),
    BadSpec("output with a pattern", {"output": "day*"}, "spec.batch.output", "should match"),
    BadSpec(
        "a password", DATABASE | {"input": "postgresql://me:x@db/crm/t"}, "spec.batch", "name it in credentialsSecret"
    ),
    BadSpec("two hosts", DATABASE | {"output": "postgresql://a,b/crm/t"}, "spec.batch", "a database is postgresql"),
    BadSpec(
        "MLflow's Secret", DATABASE | {"credentialsSecret": "mlflow-credentials"}, "spec.batch", "ChurnServe's own"
    ),
    BadSpec("more reasons than anybody reads", {"topReasons": 101}, "spec.batch.topReasons", "equal to 100"),
    BadSpec("no pods", {"parallelism": 0}, "spec.batch.parallelism", "greater than or equal to 1"),
    BadSpec("too many pods", {"parallelism": 65}, "spec.batch.parallelism", "less than or equal to 64"),
    BadSpec("two cores", {"resources": {"cpu": "2"}}, "spec.batch", "a pod scores on one core"),
    BadSpec("deadline of a second", {"deadline": "1s"}, "spec.batch", "deadline must be from 1m to 168h"),
    BadSpec("zone unknown", {"timeZone": "Mars/Olympus"}, "spec.batch", "unknown time zone Mars/Olympus"),
    BadSpec("zone an offset", {"timeZone": "+02:00"}, "spec.batch.timeZone", "should match"),
    BadSpec("zone of the node", {"timeZone": "Local"}, "spec.batch", "Local is another one on each node"),
    BadSpec("a column without a name", {"keep": [""]}, "spec.batch.keep[0]", "at least 1 chars"),
    BadSpec("an output that is none", {"outputs": ["a b"]}, "spec.batch.outputs[0]", "should match"),
]

GOOD: dict[str, Object] = {
    "files": {},
    "files called like databases": {"input": "postgres_export/customers.parquet", "output": "postgresql-scores"},
    "one file": {"input": "customers.csv.gz", "parallelism": 1},
    "any file below": {"input": "customers/**/part-?[0-9].parquet"},
    "any file beside the scores": {"input": "data/*.parquet", "output": "data/scores"},
    "any file of any folder": {"input": "day=*/*.parquet", "output": "scores"},
    "an address with an option": DATABASE | {"input": "postgresql://db/a/b?sslmode=require", "output": "scores/"},
    "all files of a volume to a table": DATABASE | {"input": "**/*.parquet"},
    "tables": DATABASE | {"volumeClaim": None, "credentialsSecret": "crm", "sslMode": "require"},
    "from a table to files": DATABASE | {"output": "scores/daily"},
    "in full": {
        "timeZone": "America/Argentina/Buenos_Aires",
        "keep": ["*", "Größe $"],
        "outputs": ["calibrated_probability", "decision", "member.random-forest"],
        "resources": {"cpu": "1", "memory": "2Gi"},
        "topReasons": 3,
        "contributions": True,
        "deadline": "168h",
    },
}

SCHEDULES = {
    "good": [
        "15 3 * * *",
        "*/5 * * * *",
        "0 0,12 1-15/2 jan-MAR Mon-fri",
        "0  4   ? * 0",
        "59 23 31 12 6",
        "5/10 07 01 09 Sun,SAT",
        "08-9 22-23,0-2 3-03 jan-dec sun-sat",
        "0 0 * 1-feb mon-6",
        "0 0 * dec-12 0-SUN",
        "0 0 29 2 *",
        "0 0 29-31 feb *",
        "0 0 30,31 2,4 *",
        "0 0 31 4,12 *",
        "0 0 31 2 mon",
        "@daily",
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@midnight",
        "@hourly",
    ],
    "bad": [
        "",
        "* * * * fri-1",
        "* * * nov-2 *",
        "* * * 12-nov *",
        "* * * * 1-sun",
        "daily",
        "@day",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * 0 *",
        "* * * * 7",
        "*/0 * * * *",
        "a * * * *",
        "* * * january *",
        "-5 * * * *",
        "0 22-2 * * *",
        "0 3 * * sat-mon",
        "0 3 * DEC-jan *",
        "5,9-08 * * * *",
        "TZ=UTC 0 3 * * *",
        "CRON_TZ=UTC @daily",
    ],
}


@pytest.fixture(scope="module")
def kube(server: ApiServer) -> KubeClient:
    server.admin.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    return server.admin


def test_bad_batches_are_refused_with_a_helpful_text(kube: KubeClient) -> None:
    unhelpful = [text for case in BAD if (text := shortcoming(case, partial(_try, kube)))]
    assert not unhelpful, "\n".join(unhelpful)


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD.keys())
def test_good_batches_are_accepted(kube: KubeClient, change: Object) -> None:
    assert _try(kube, change)["spec"]["batch"]["deadline"]


@pytest.mark.parametrize(("kind", "schedule"), [(kind, one) for kind, some in SCHEDULES.items() for one in some])
def test_a_schedule_is_what_a_cron_job_takes(kube: KubeClient, kind: str, schedule: str) -> None:
    assert _takes(lambda: _try(kube, {"schedule": schedule})) is (kind == "good")
    assert _takes(lambda: kube.create(_CRON_JOBS, _cron_job(schedule), dryRun="All")) is (kind == "good")


def test_a_schedule_is_refused_with_an_example(kube: KubeClient) -> None:
    with pytest.raises(Refused, match=r"five fields of cron .* such as '15 3"):
        _try(kube, {"schedule": "every night"})


def _try(kube: KubeClient, change: Object) -> Object:
    body = churn_model(NAMESPACE, "telco")
    body["spec"]["batch"] = {name: value for name, value in {**BATCH, **change}.items() if value is not None}
    return kube.create(churn_models(NAMESPACE), body, dryRun="All", fieldValidation="Strict")


def _takes(ask: Any) -> bool:
    try:
        ask()
    except Refused:
        return False
    return True


_CRON_JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/cronjobs"


def _cron_job(schedule: str) -> Object:
    pod = {"restartPolicy": "Never", "containers": [{"name": "x", "image": "x"}]}
    job = {"spec": {"template": {"spec": pod}}}
    return {"metadata": {"name": "schedule"}, "spec": {"schedule": schedule, "jobTemplate": job}}
