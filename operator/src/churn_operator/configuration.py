"""What the operator is told by its environment, read once at start."""

import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from churn_operator.cluster.model_registry import ModelRegistry
from churn_operator.installation import Installation
from churn_operator.settings import Settings

Number = TypeVar("Number", int, float)


class ConfigurationError(Exception):
    """A variable that is missing or says something impossible."""


@dataclass(frozen=True)
class Configuration:
    """The whole configuration."""

    namespaces: frozenset[str]
    namespace_selector: str | None
    """A label selector on namespaces, in place of their names."""
    identity: str
    address: str | None
    """Of this pod, by which serving pods reach /traffic."""
    settings: Settings
    registry: ModelRegistry
    registry_poll_seconds: float
    """How often MLflow is asked what each alias names."""
    alerts_token: Path | None
    """File with the bearer token of whoever may post alerts; None: nobody may."""
    image_turns: int
    """How many ChurnModels may move to another serving image at a time."""


def read_configuration() -> Configuration:
    """Read CHURN_*, POD_* and MLFLOW_TRACKING_URI. Raises ConfigurationError naming the variable."""
    namespaces, selector = _namespaces()
    tracking_uri = _required("MLFLOW_TRACKING_URI")
    credentials = os.environ.get("CHURN_MLFLOW_CREDENTIALS")
    settings = Settings(
        serving_image=_required("CHURN_SERVING_IMAGE"),
        scoring_image=_required("CHURN_SCORING_IMAGE"),
        training_image=_required("CHURN_TRAINING_IMAGE"),
        drift_image=_required("CHURN_DRIFT_IMAGE"),
        tracking_uri=tracking_uri,
        system_namespace=os.environ.get("POD_NAMESPACE", "churnserve-system"),
        labels_url=os.environ.get("CHURN_LABELS_URL") or None,
        pull_policy=os.environ.get("CHURN_PULL_POLICY"),
        installation=_installation(os.environ.get("CHURN_INSTALLATION")),
    )
    registry = ModelRegistry(tracking_uri, Path(credentials) if credentials else None)
    return Configuration(
        namespaces=namespaces,
        namespace_selector=selector,
        identity=os.environ.get("POD_NAME", socket.gethostname()),
        address=_address(),
        settings=settings,
        registry=registry,
        registry_poll_seconds=_number("CHURN_REGISTRY_POLL_SECONDS", float, 30, 3600),
        alerts_token=Path(token) if (token := os.environ.get("CHURN_ALERTS_TOKEN")) else None,
        image_turns=_number("CHURN_IMAGE_TURNS", int, 1, 1000),
    )


def _address() -> str | None:
    if not (text := os.environ.get("POD_IP", "")):
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise ConfigurationError(f"POD_IP is {text}, which is no address") from error


def _number(name: str, kind: type[Number], default: Number, most: int) -> Number:
    text = os.environ.get(name, str(default))
    try:
        number = kind(text)
    except ValueError:
        number = kind(0)
    if not 1 <= number <= most:
        what = "whole number" if kind is int else "number"
        raise ConfigurationError(f"{name} is {text}; it must be a {what} from 1 to {most}")
    return number


def _namespaces() -> tuple[frozenset[str], str | None]:
    names = frozenset(name.strip() for name in os.environ.get("CHURN_NAMESPACES", "").split(",") if name.strip())
    selector = os.environ.get("CHURN_NAMESPACE_SELECTOR", "").strip() or None
    if bool(names) == bool(selector):
        raise ConfigurationError(
            "set one of CHURN_NAMESPACES (names of namespaces to watch, by commas) and CHURN_NAMESPACE_SELECTOR "
            "(a selector on their labels)"
        )
    return names, selector


def _installation(path: str | None) -> Installation:
    if path is None:
        return Installation()
    try:
        return Installation.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {})
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}, which CHURN_INSTALLATION names, cannot be read: {error}") from error


def _required(name: str) -> str:
    if not (value := os.environ.get(name, "")):
        raise ConfigurationError(f"the environment variable {name} is not set")
    return value
