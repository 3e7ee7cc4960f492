"""spec.stream as tests ask for it: two workers, told one broker."""

from support.kube_client import Object

STREAM: Object = {
    "brokers": "kafka.messages:9092",
    "input": "customers",
    "output": "scores",
    "deadLetter": "customers.dead",
    "replicas": 2,
}
