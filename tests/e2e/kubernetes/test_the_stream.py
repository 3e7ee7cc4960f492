"""spec.stream on real kind: the example scores what comes, while a worker's pod is killed and a new version rolls out.

The last one here by its name: it leaves the example pinned and without its training.
"""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from support.eventually import eventually
from support.figures import record
from support.kubernetes_cluster import Cluster
from support.plain_pod import plain_pod
from support.second_version import register_second_version

WRITER = "customers-writer"
PER_SECOND = 20

# Customers at a rate until somebody makes /tmp/stop; then how many of them have answers, and by which versions.
WRITE_AND_READ = """
import json, os, time
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
rows, rate, broker = json.loads(os.environ["ROWS"]), float(os.environ["PER_SECOND"]), "kafka.kafka:9092"
producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True})
reader = Consumer({"bootstrap.servers": broker, "group.id": "reader", "enable.auto.commit": False})
reader.assign([TopicPartition("scores", number, OFFSET_BEGINNING) for number in range(6)])
answered, versions, began, sent, deadline = {}, {}, time.monotonic(), 0, None
while deadline is None or (time.monotonic() < deadline and len(answered) < sent):
    if deadline is None and os.path.exists("/tmp/stop"):
        producer.flush()
        deadline = time.monotonic() + 60
    while deadline is None and began + sent / rate <= time.monotonic():
        producer.produce("customers", json.dumps(rows[sent % len(rows)]), f"writer-{sent}")
        sent += 1
    producer.poll(0)
    for message in reader.consume(100, 0.02):
        if message.error() is None and message.key().startswith(b"writer-"):
            answered[message.key()] = answered.get(message.key(), 0) + 1
            version = json.loads(message.value())["version"]
            versions[version] = versions.get(version, 0) + 1
            if len(answered) == 1:
                print("first answer", flush=True)
lost, repeated = sent - len(answered), sum(answered.values()) - len(answered)
print(json.dumps({"sent": sent, "lost": lost, "repeated": repeated, "versions": versions}), flush=True)
time.sleep(3600)
"""


@pytest.fixture
def streaming(served: Cluster) -> Iterator[Cluster]:
    """The example with its broker, its workers ready; both leave the node's cores to the tests that come."""
    try:
        subprocess.run(["make", "broker"], check=True)
        served.kubectl.run("apply", "-f", "manifests/examples/telco-stream.yaml")
        _wait_stream_ready(served)
        yield served
    finally:
        served.kubectl.patch_spec("churnmodel/telco", {"stream": None})
        served.kubectl.run("delete", "namespace/kafka", "--ignore-not-found", "--timeout=120s", seconds=150)


def test_a_killed_worker_and_a_new_version_lose_nothing(streaming: Cluster) -> None:
    before = streaming.status()["stable"]["version"]
    after = "1" if before == "2" else "2"
    if not streaming.has_version(after):
        register_second_version(streaming)
    image = _worker(streaming)["spec"]["containers"][0]["image"]
    rows = json.loads(streaming.frame(50).to_json(orient="records"))
    # Beside the broker, whose NetworkPolicy lets its own namespace in; the workers' image has Kafka's client.
    environment = {"ROWS": json.dumps(rows), "PER_SECOND": str(PER_SECOND)}
    writer = plain_pod({"name": WRITER}, image, WRITE_AND_READ, environment)
    streaming.kubectl.run("-n", "kafka", "apply", "-f", "-", stdin=json.dumps(writer))
    eventually(lambda: "first answer" in _told(streaming), 120, pause=1)

    killed = _worker(streaming)["metadata"]["uid"]
    streaming.kubectl.run("-n", "churn", "delete", "pod/telco-stream-0", "--grace-period=0", "--force")
    eventually(lambda: _is_another(streaming, killed), 120, pause=1)
    _wait_stream_ready(streaming)
    streaming.pin(after)
    eventually(lambda: _serves(streaming, after), 240, pause=2)

    streaming.kubectl.run("-n", "kafka", "exec", WRITER, "--", "touch", "/tmp/stop")
    found = json.loads(eventually(lambda: _told(streaming).rpartition("first answer\n")[2], 90, pause=1))
    assert found["versions"].keys() == {before, after}, found
    assert record("kind_stream_messages", found["sent"], "", ">= 500").holds
    assert record("kind_stream_lost", found["lost"], "", "<= 0").holds, found


def _wait_stream_ready(cluster: Cluster) -> None:
    wait = ["-n", "churn", "wait", "--for=condition=StreamReady", "churnmodel/telco", "--timeout=180s"]
    cluster.kubectl.run(*wait, seconds=210)


def _worker(cluster: Cluster) -> dict[str, Any]:
    return cluster.kubectl.get("-n", "churn", "pod/telco-stream-0")


def _is_another(cluster: Cluster, uid: str) -> bool:
    found = cluster.kubectl.get("-n", "churn", "pods", "--field-selector=metadata.name=telco-stream-0")["items"]
    ready = [one for pod in found for one in pod["status"].get("conditions", []) if one["type"] == "Ready"]
    return bool(found) and found[0]["metadata"]["uid"] != uid and [one["status"] for one in ready] == ["True"]


def _serves(cluster: Cluster, version: str) -> bool:
    told = cluster.status().get("stream", {})
    return bool(told.get("version") == version and told.get("updated") == told.get("ready") == 2)


def _told(cluster: Cluster) -> str:
    return cluster.kubectl.run("-n", "kafka", "logs", WRITER, "--ignore-errors")
