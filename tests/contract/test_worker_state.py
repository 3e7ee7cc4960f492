"""The operator asks a worker of the stream what it asks a server, and understands the answer."""

import asyncio
from contextlib import closing

import pytest
from churn_models.traffic import State
from churn_operator.cluster import heard_pods
from churn_operator.cluster.heard_pods import ask_pod
from churn_operator.cluster.pod_questions import pod_session
from churn_runtimes.listener import listen
from churn_runtimes.stream.health import serve_health
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.serving_counts import ServingCounts

DIGEST = "sha256:" + "1" * 64


def test_a_workers_state_is_what_the_operator_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = ServingCounts()
    counts.answered(512, 512, 0.01)
    with closing(listen("127.0.0.1", 0)) as listener:
        told = State(instance="one", model="telco", digest=DIGEST, version="7", serving=counts.now(0))
        serve_health(listener, Life(), lambda: told)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setattr(heard_pods, "metrics_url", lambda _, path: f"{url}{path}")
        assert asyncio.run(_asked()) == told


async def _asked() -> State:
    async with pod_session(1) as session:
        return await ask_pod(session, "127.0.0.1")
