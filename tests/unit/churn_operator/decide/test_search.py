"""A search comes before the first training, and the status says how far it is."""

from dataclasses import replace

import pytest
from churn_models.search_progress import SearchProgress
from churn_operator.api.status import ChurnModelStatus, Reason, SearchStatus, State, TrainingStatus
from churn_operator.decide.actions import Keep, Search, Train
from churn_operator.decide.observed import Observed
from churn_operator.observe.search import SearchJob
from churn_operator.observe.training import TrainingJob, read_training_job
from support.observations import BEFORE, NOW, deployed, model, observed, problem, status_of, verdict_of

SPEC = {"training": {"dataset": "postgresql://db/churn/telco", "ensemble": "telco", "search": {"trials": 80}}}
FROM_A_FILE = {"training": {"dataset": "telco.csv", "ensemble": "telco", "search": {}}}
ELSEWHERE = {"training": {**SPEC["training"], "credentialsSecret": "crm", "search": {"storage": "postgresql://evil/s"}}}
RUNS = TrainingJob(False, False, "")
ENDED = TrainingJob(True, False, "")
PROGRESS = SearchProgress(study="churn.telco-1-2", trials=32, best=0.84612)


def _seen(job: TrainingJob | None = RUNS, progress: SearchProgress | None = None, **changes: object) -> Observed:
    search = SearchJob("telco-search-1", "churn.telco-1", job, progress) if job else None
    return observed(**{"target": problem(Reason.VERSION_NOT_FOUND), "model": model(SPEC), "search": search, **changes})


@pytest.mark.parametrize(
    ("seen", "state", "reason", "action", "words"),
    [
        pytest.param(_seen(None), State.TRAINING, Reason.SEARCHING, Search, "about to be made", id="nothing yet"),
        pytest.param(_seen(), State.TRAINING, Reason.SEARCHING, Search, "the search Job tries ensembles", id="runs"),
        pytest.param(
            _seen(progress=PROGRESS),
            State.TRAINING,
            Reason.SEARCHING,
            Search,
            "tries ensembles: 32 of 80 trials, the best AUC is 0.8461",
            id="it has told",
        ),
        pytest.param(
            _seen(replace(RUNS, pending="0/1 nodes are available")),
            State.TRAINING,
            Reason.PODS_PENDING,
            Search,
            "the search waits for the cluster: 0/1 nodes",
            id="no room",
        ),
        pytest.param(
            _seen(replace(ENDED, failed=True, message="no trial was finished")),
            State.TRAINING_FAILED,
            Reason.SEARCH_FAILED,
            Search,
            "no trial was finished",
            id="failed",
        ),
        pytest.param(_seen(ENDED), State.TRAINING, Reason.TRAINING, Train, "about to be made", id="found"),
        pytest.param(
            _seen(None, training=RUNS), State.TRAINING, Reason.TRAINING, Train, "makes the first version", id="trains"
        ),
        pytest.param(
            _seen(None, model=model(FROM_A_FILE)), State.TRAINING, Reason.TRAINING, Train, "", id="no storage"
        ),
        pytest.param(
            _seen(None, model=model(ELSEWHERE), credential_hosts=("db",)),
            State.TRAINING_FAILED,
            Reason.DATASET_NOT_ALLOWED,
            Keep,
            "sends credentials to evil",
            id="the storage may not get credentials",
        ),
        pytest.param(
            _seen(None, model=model({**SPEC, "paused": True})), State.PAUSED, Reason.PAUSED, None, "", id="paused"
        ),
    ],
)
def test_what_is_decided(seen: Observed, state: State, reason: Reason, action: type | None, words: str) -> None:
    verdict = verdict_of(seen)
    assert (verdict.state, verdict.reason) == (state, reason)
    assert action is None or isinstance(verdict.action, action)
    assert not isinstance(verdict.action, Search) or action is Search
    assert words in verdict.message


def test_what_serves_is_not_searched_for() -> None:
    for seen in (observed(model=model(SPEC)), observed(model=model(SPEC), deployed=deployed("1"))):
        assert not isinstance(verdict_of(seen).action, Search | Train)


def test_the_status_says_how_far_it_is_and_an_operator_that_has_just_begun_forgets_nothing() -> None:
    told = status_of(_seen(progress=PROGRESS))
    expected = SearchStatus(job="telco-search-1", study="churn.telco-1", state="Running", trials=32, of=80, best=0.8461)
    assert told.training == TrainingStatus(search=expected)
    again = status_of(_seen(ENDED, model=model(SPEC, told)))
    assert again.training == TrainingStatus(search=expected.model_copy(update={"state": "Succeeded"}))
    other = ChurnModelStatus(training=TrainingStatus(search=expected.model_copy(update={"job": "telco-search-0"})))
    anew = status_of(_seen(model=model(SPEC, other))).training
    assert anew is not None and anew.search is not None and anew.search.trials is None
    assert status_of(_seen(None)).training is None


def test_while_one_worker_works_the_search_waits_for_nothing() -> None:
    job = {"metadata": {"creationTimestamp": BEFORE, "name": "telco-search-1"}}
    unscheduled = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
    waits = {"metadata": {"name": "b"}, "status": {"phase": "Pending", "conditions": [unscheduled]}}
    works = {"metadata": {"name": "a"}, "status": {"phase": "Running"}}
    assert read_training_job(job, [works, waits], [], NOW).pending is None
    assert read_training_job(job, [waits], [], NOW).pending == "b: 0/1 nodes are available"
