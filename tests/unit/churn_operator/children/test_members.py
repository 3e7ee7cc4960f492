"""Children of a distributed ensemble's members: apart from the users' Service, closed to others, one revision each."""

import json
from itertools import combinations
from typing import Any

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.children.build_children import build_children
from churn_operator.decide.plan import Plan
from churn_operator.names import DIGEST_ANNOTATION, member_name, serving_selector, stable_selector
from churn_operator.observe.record import Record
from churn_operator.settings import Settings
from support.observations import DIGESTS, MEMBERS, distributed, model

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
ONE, TWO = distributed("1"), distributed("2")
Children = dict[tuple[str, str], Manifest]


def _children(*members: Record, serving: Record | None = ONE, options: dict[str, Any] | None = None) -> Children:
    spec = {"serving": {"placement": "Distributed", "members": options or {}}}
    plan = Plan(records=members, run=members[-1], serving=serving, members=members)
    built = build_children(model(spec), plan, SETTINGS)
    return {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in built}


def _member(children: Children, kind: str, member: str = "xgboost", one: Record = ONE) -> Manifest:
    return children[kind, member_name("telco", member, one.identifier)]


def test_members_come_before_the_serving_pods_and_policies_before_members() -> None:
    kinds = [kind for kind, _ in _children(ONE)]
    assert kinds == [
        *("ServiceAccount", "ControllerRevision", "NetworkPolicy", "Service", "Service"),
        *("NetworkPolicy", "PodDisruptionBudget"),
        *("Service", "Deployment") * len(MEMBERS),
        *("Deployment", "PodDisruptionBudget"),
    ]


def test_without_serving_pods_there_are_members_alone() -> None:
    names = [name for kind, name in _children(ONE, serving=None) if kind == "Deployment"]
    assert names == [member_name("telco", member, ONE.identifier) for member in MEMBERS]


def test_two_revisions_stand_side_by_side() -> None:
    children = _children(ONE, TWO)
    for one in (ONE, TWO):
        service, deployment = _member(children, "Service", one=one), _member(children, "Deployment", one=one)
        template = deployment["spec"]["template"]
        assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
        assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
        assert template["metadata"]["annotations"] == {DIGEST_ANNOTATION: DIGESTS[one.bundle.version]}
    selectors = [json.dumps(_member(children, "Service", one=one)["spec"]["selector"]) for one in (ONE, TWO)]
    assert selectors[0] != selectors[1]


def test_the_users_service_selects_no_member() -> None:
    children = _children(ONE)
    for member in MEMBERS:
        labels = _member(children, "Deployment", member)["spec"]["template"]["metadata"]["labels"]
        assert not stable_selector("telco").items() <= labels.items()


def test_a_member_serves_itself_under_the_models_name() -> None:
    container = _member(_children(ONE), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    arguments = container["args"]
    assert arguments[arguments.index("--name") + 1] == "telco"
    assert arguments[arguments.index("--member") + 1] == "xgboost"
    assert arguments[arguments.index("--digest") + 1] == DIGESTS["1"]
    assert "--model-version" not in arguments


@pytest.mark.parametrize("quorum", [None, 1])
def test_the_serving_pods_are_told_where_the_members_of_their_revision_are(quorum: int | None) -> None:
    one = distributed("1", quorum)
    container = _children(one, serving=one)["Deployment", "telco"]["spec"]["template"]["spec"]["containers"][0]
    words = container["args"]
    told = [words[place + 1] for place, word in enumerate(words) if word == "--remote-member"]
    assert told == [f"{member}={member_name('telco', member, one.identifier)}:8081" for member in MEMBERS]
    assert words[words.index("--member-deadline-ms") + 1] == "250"
    assert words[-2:] == (["--quorum", "1"] if quorum else ["--member-deadline-ms", "250"])


def test_replicas_and_resources_of_members() -> None:
    assert _member(_children(ONE), "Deployment")["spec"]["replicas"] == 1
    deployment = _member(_children(ONE, options={"replicas": 3}), "Deployment")
    assert deployment["spec"]["replicas"] == 3
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"memory": "512Mi"}


def test_members_keep_to_the_restricted_profile() -> None:
    pod = _member(_children(ONE), "Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_a_members_service_resolves_to_its_pods() -> None:
    spec = _member(_children(ONE), "Service")["spec"]
    assert spec["clusterIP"] == "None"
    assert [port["port"] for port in spec["ports"]] == [8081, 8082]


def test_the_serving_pods_alone_may_ask_members_and_anybody_may_scrape_them() -> None:
    children = _children(ONE)
    policy = children["NetworkPolicy", "telco-members"]["spec"]
    rule, scraping = policy["ingress"]
    assert scraping == {"ports": [{"protocol": "TCP", "port": 8082}]}
    assert rule["from"] == [{"podSelector": {"matchLabels": serving_selector("telco")}}]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8081}]
    selected = policy["podSelector"]
    assert {"to": [{"podSelector": selected}], "ports": rule["ports"]} in children["NetworkPolicy", "telco"]["spec"][
        "egress"
    ]
    labels = _member(children, "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert selected["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize(
    ("name", "member"),
    [("telco", "xgboost"), ("m" * 42, "xgboost"), ("m" * 42, "a-very-long-member"), ("telco", "x" * 63)],
)
def test_names_of_members_fit_a_dns_label(name: str, member: str) -> None:
    made = member_name(name, member, ONE.identifier)
    assert len(made) <= 63
    assert made.startswith(f"{name}-")
    assert made.endswith(f"-{ONE.identifier}")


def test_long_names_that_begin_alike_stay_apart() -> None:
    members = ["gradient-boosting-deep", "gradient-boosting-flat", "gradient-boosting"]
    for first, second in combinations(members, 2):
        assert member_name("m" * 42, first, ONE.identifier) != member_name("m" * 42, second, ONE.identifier)
