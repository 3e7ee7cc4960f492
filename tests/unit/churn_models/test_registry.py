"""A registry is opened for every question to MLflow, by an operator that asks all the time."""

import ssl

import pytest
from churn_models.registry import Registry


def test_the_trusted_certificates_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Registry("https://mlflow.example").close()
    monkeypatch.setattr(ssl, "create_default_context", _read_again)
    Registry("https://mlflow.example").close()


def _read_again(**_: object) -> ssl.SSLContext:
    raise AssertionError("the certificates are read again")
