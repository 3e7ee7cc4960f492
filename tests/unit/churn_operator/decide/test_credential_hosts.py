"""Hosts that may be given credentials, and addresses that look like one of them."""

import pytest
from churn_operator.api.state import State
from churn_operator.decide.credential_hosts import denied_host, denied_store, why_denied

ALLOWED = ("postgresql.churnserve-system", "*.crm.example", "10.0.0.7", "::1")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://postgresql.churnserve-system/churn/telco",
        "postgres://me@postgresql.churnserve-system:5432/churn/telco?sslmode=require",
        "postgresql://DB.CRM.example/churn/telco",
        "postgresql://db.crm.example./churn/telco",
        "postgresql://10.0.0.7:6432/churn/telco",
        "postgresql://[::1]/churn/telco",
    ],
)
def test_allowed(address: str) -> None:
    assert denied_host("crm", ["data/telco.csv", address], ALLOWED) is None


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("postgresql://evil.example/churn/telco", "evil.example"),
        (
            "postgresql://postgresql.churnserve-system.evil.example/churn/telco",
            "postgresql.churnserve-system.evil.example",
        ),
        ("postgresql://postgresql.churnserve-system@evil.example/churn/telco", "evil.example"),
        ("postgresql://crm.example/churn/telco", "crm.example"),
        ("postgresql://evilcrm.example/churn/telco", "evilcrm.example"),
        ("postgresql://postgresql.churnserve-system,evil.example/churn/telco", "names no single host"),
        ("postgresql://a@evil.example@postgresql.churnserve-system/churn/telco", "names no single host"),
        ("postgresql+psycopg://postgresql.churnserve-system/churn/t.csv", "names no single host"),
        ("postgresql://$(X)@postgresql.churnserve-system/churn/telco", "names no single host"),
        ("postgresql://evil%2Eexample/churn/telco", "names no single host"),
    ],
)
def test_denied_by_name(address: str, host: str) -> None:
    found = denied_host("crm", ["data/telco.csv", address], ALLOWED)
    assert found is not None and host in found
    assert found in why_denied("batch", found, ALLOWED)
    assert "spec.batch sends" in why_denied("batch", found, ALLOWED)
    assert "credentialHosts: postgresql.churnserve-system" in why_denied("batch", found, ALLOWED)


def test_any_of_several_databases_may_be_the_denied_one() -> None:
    places = ["postgresql://10.0.0.7/churn/telco", "postgresql://evil.example/churn/scores"]
    assert denied_host("crm", places, ALLOWED) == "evil.example"


@pytest.mark.parametrize(
    ("secret", "place"),
    [(None, "postgresql://evil.example/churn/telco"), ("crm", "data/telco.csv"), ("crm", "postgres_export/telco.csv")],
)
def test_without_credentials_any_data_set_will_do(secret: str | None, place: str) -> None:
    assert denied_host(secret, [place], ()) is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("redis://db.crm.example:6380/2", None),
        ("rediss+cluster://DB.CRM.example.", None),
        ("redis://[::1]:6379", None),
        ("redis://10.0.0.8", "10.0.0.8"),
        ("rediss://crm.example", "crm.example"),
        ("redis+cluster://10.0.0.7.evil.example:6379", "10.0.0.7.evil.example"),
    ],
)
def test_a_state_store_is_allowed_by_its_host(url: str, host: str | None) -> None:
    why = denied_store("serving", State(url=url, credentials_secret="states"), ALLOWED)
    assert (
        (why is None)
        if host is None
        else (why is not None and f"spec.serving.state sends credentials to {host}," in why)
    )
    assert denied_store("serving", State(url=url), ALLOWED) is None
