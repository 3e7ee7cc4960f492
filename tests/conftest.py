"""Fixtures of more than one kind of test: a small ensemble that fits in a second, and its bundle on disk."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from churn_models.bundle import Bundle
from churn_models.ensemble_spec import EnsembleSpec, load_ensemble
from churn_models.feature_schema import FeatureSchema
from churn_training.datasets import Dataset
from churn_training.synthetic import synthesize
from churn_training.train import Trained, train
from hypothesis import settings
from support.cases import CaseTally
from support.derived_features import with_derived
from support.small_ensemble import small_spec

# The machine may be busy: how long one example takes says nothing.
settings.register_profile("churnserve", deadline=None)
settings.load_profile("churnserve")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--seeds`, `--outage-seconds` and `--models`, which `make evaluate`, `bench-outage` and `bench-operator` set."""
    parser.addoption("--seeds", type=int, default=1, help="repetitions of each cross-validation (1)")
    parser.addoption("--outage-seconds", type=int, default=120, help="how long MLflow is away (120)")
    parser.addoption("--models", type=int, default=200, help="ChurnModels of the operator's restart (200)")


def pytest_configure(config: pytest.Config) -> None:
    """Count the cases of which tests are marked."""
    config.addinivalue_line("markers", "case(name): a kind of data or address that people met elsewhere")
    config.pluginmanager.register(CaseTally(), "cases")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI, a test that skips itself is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="module", autouse=True)
def leaks_show_where_they_are_made() -> Iterator[None]:
    """What a module leaves open is reported by its own last test, not by whichever test the collector runs in."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def telco_schema() -> FeatureSchema:
    return load_ensemble(Path("models/telco"))[1]


@pytest.fixture(scope="session")
def spec() -> EnsembleSpec:
    return small_spec()


@pytest.fixture(scope="session")
def dataset(telco_schema: FeatureSchema) -> Dataset:
    return Dataset("synthetic", synthesize(telco_schema, rows=800, seed=1).raw)


@pytest.fixture(scope="session")
def trained(
    spec: EnsembleSpec, telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    return train(spec, telco_schema, dataset, seed=0, output=tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="session")
def bundle(trained: Trained) -> Bundle:
    return trained.bundle


@pytest.fixture(scope="session")
def derived_bundle(telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Of the same customers, its members fitted on derived features too."""
    return train(
        small_spec(), with_derived(telco_schema), dataset, seed=0, output=tmp_path_factory.mktemp("derived")
    ).bundle
