"""A thousand alerts posted to the operator's webhook: forged ones, and duplicates by whoever knows its token."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import httpx
from support.kubernetes_cluster import SYSTEM, Cluster

ALERTS = 1_000
_OF_A_POST = 10
_PORT = 8085
_THREADS = 4
_SECONDS = 30
_NAMES = ("FeedBroken", "HarmByLabels", "RolledBack", "SafeMode", "ServerErrors")


class _Post(NamedTuple):
    kind: str
    authorization: str
    body: Mapping[str, object]


def post_alerts(cluster: Cluster, models: Sequence[str]) -> dict[str, set[int]]:
    """Half of them forged, without a token or with a wrong one; the HTTP statuses of each half."""
    posts = list(_posts(cluster.secret("churn-alerts", "token"), models))
    statuses: dict[str, set[int]] = {}
    with (
        cluster.kubectl.forward(SYSTEM, "deployment/churn-operator", _PORT) as address,
        ThreadPoolExecutor(_THREADS) as threads,
    ):
        url = f"http://{address}/alerts"
        for post, status in zip(posts, threads.map(lambda post: _posted(url, post), posts), strict=True):
            statuses.setdefault(post.kind, set()).add(status)
    return statuses


def _posted(url: str, post: _Post) -> int:
    headers = {"Authorization": post.authorization} if post.authorization else {}
    return httpx.post(url, json=post.body, headers=headers, timeout=_SECONDS).status_code


def _posts(token: str, models: Sequence[str]) -> Iterator[_Post]:
    body = {"alerts": [_alert(number, models[number % len(models)]) for number in range(_OF_A_POST)]}
    known = ("duplicate", f"Bearer {token}")
    kinds = (("forged", ""), known, ("forged", "Bearer wrong"), known)
    for number in range(ALERTS // _OF_A_POST):
        yield _Post(*kinds[number % len(kinds)], body)


def _alert(number: int, model: str) -> dict[str, object]:
    """As Alertmanager words it."""
    name = _NAMES[number % len(_NAMES)]
    labels = {"alertname": name, "namespace": "churn", "churnmodel": model, "severity": "critical"}
    return {"status": "firing", "labels": labels, "annotations": {"summary": "roll back and retrain at once"}}
