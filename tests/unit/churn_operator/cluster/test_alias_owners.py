"""Of several ChurnModels on one registered model the oldest that follows champion writes the aliases."""

from dataclasses import replace

import pytest
from churn_operator.api.churn_model import ChurnModel
from churn_operator.cluster.alias_owners import AliasOwners
from churn_operator.queue import Key
from support.observations import model

OLD = replace(model(), name="old", created="2026-01-01T00:00:00Z")
YOUNG = replace(model(), name="young", created="2026-01-02T00:00:00Z")
ELSEWHERE = replace(model(), name="oldest", namespace="other", created="2025-01-01T00:00:00Z")


def _asking(one: ChurnModel, **fields: str) -> ChurnModel:
    return replace(one, spec=model({"model": {"name": "telco", **fields}}).spec)


def _owners(*listed: ChurnModel, namespaces: tuple[str, ...] = ("churn",)) -> AliasOwners:
    owners = AliasOwners()
    owners.follow(namespaces)
    owners.listed("churn", listed)
    return owners


@pytest.mark.parametrize(
    ("listed", "writer"),
    [
        pytest.param((OLD, YOUNG), "old", id="the older"),
        pytest.param((YOUNG, OLD), "old", id="the older, read later"),
        pytest.param((YOUNG,), "young", id="the only one"),
        pytest.param((replace(OLD, created=YOUNG.created), YOUNG), "old", id="the first by name, of the same second"),
        pytest.param((replace(OLD, deleting=True), YOUNG), "young", id="not one that goes"),
        pytest.param(
            (_asking(OLD, version="1"), YOUNG),
            "young",
            id="not a pinned one",
        ),
        pytest.param(
            (_asking(OLD, alias="blue"), YOUNG),
            "young",
            id="not another alias",
        ),
        pytest.param(
            (_asking(OLD, alias="champion"), YOUNG),
            "old",
            id="champion by name",
        ),
    ],
)
def test_the_writer(listed: tuple[ChurnModel, ...], writer: str) -> None:
    assert _owners(*listed).writer("telco") == ("churn", writer)


def test_nobody_writes_before_every_namespace_was_listed() -> None:
    owners, woken = _owners(YOUNG, namespaces=("churn", "other")), list[Key]()
    owners.wake = woken.append
    assert owners.writer("telco") is None
    owners.listed("other", [ELSEWHERE])
    assert owners.writer("telco") == ("other", "oldest")
    assert set(woken) == {("churn", "young"), ("other", "oldest")}


def test_a_namespace_that_cannot_be_listed_holds_up_nobody() -> None:
    owners = _owners(YOUNG, namespaces=("churn", "other"))
    owners.listed("other", ())
    assert owners.writer("telco") == ("churn", "young")


def test_the_next_one_is_woken_when_the_writer_goes_or_asks_for_something_else() -> None:
    for leave in ("forget", "pinned", "namespace"):
        owners, woken = _owners(YOUNG, ELSEWHERE, namespaces=("churn", "other")), list[Key]()
        owners.listed("other", [ELSEWHERE])
        owners.wake = woken.append
        if leave == "forget":
            owners.forget(("other", "oldest"))
        elif leave == "pinned":
            owners.note(_asking(ELSEWHERE, version="1"))
        else:
            owners.follow({"churn"})
        assert owners.writer("telco") == ("churn", "young")
        assert woken == [("churn", "young")]


def test_what_is_noted_again_wakes_nobody() -> None:
    owners, woken = _owners(OLD, YOUNG), list[Key]()
    owners.wake = woken.append
    owners.note(OLD)
    owners.note(YOUNG)
    owners.forget(("churn", "nobody"))
    assert woken == []


def test_a_model_of_which_nobody_is_known_has_no_writer() -> None:
    assert _owners(OLD).writer("other") is None
