"""Hosts that may be given credentials, and addresses that look like one of them."""

import pytest
from churn_operator.api.training import Training
from churn_operator.decide.credential_hosts import denied_host, why_denied

ALLOWED = ("postgresql.churnserve-system", "*.crm.example", "10.0.0.7", "::1")


def _training(address: str, secret: str | None = "crm") -> Training:
    return Training(dataset=address, ensemble="telco", credentials_secret=secret)


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
    assert denied_host(_training(address), ALLOWED) is None


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
        ("postgresql://evil%2Eexample/churn/telco", "names no single host"),
    ],
)
def test_denied_by_name(address: str, host: str) -> None:
    found = denied_host(_training(address), ALLOWED)
    assert found is not None and host in found
    assert found in why_denied(found, ALLOWED)
    assert "credentialHosts: postgresql.churnserve-system" in why_denied(found, ALLOWED)


@pytest.mark.parametrize(
    "training", [_training("postgresql://evil.example/churn/telco", None), _training("data/telco.csv")]
)
def test_without_credentials_any_data_set_will_do(training: Training) -> None:
    assert denied_host(training, ()) is None
