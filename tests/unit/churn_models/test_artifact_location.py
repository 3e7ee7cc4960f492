"""MLflow's documented artifact roots, and those that no plain request reaches."""

import pytest
from churn_models.artifact_location import ArtifactLocation, served_location

ROUTE = "api/2.0/mlflow-artifacts/artifacts"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("mlflow-artifacts:/1/models/m-5/artifacts", ArtifactLocation("1/models/m-5/artifacts", None)),
        ("mlflow-artifacts:/team%20a/m-5", ArtifactLocation("team a/m-5", None)),
        ("mlflow-artifacts://host:5000/team-a/m-5", ArtifactLocation("team-a/m-5", "https://host:5000")),
        (f"http://host:5000/{ROUTE}/experiments/1", ArtifactLocation("experiments/1", "http://host:5000")),
        (f"https://host/mlflow/{ROUTE}/1", ArtifactLocation("1", "https://host/mlflow")),
        (f"https://u:p@host/{ROUTE}/1", ArtifactLocation("1", "https://host")),
        ("https://host/static/1", None),
        ("s3://bucket/1", None),
        ("/srv/mlruns/1", None),
        ("file:///srv/mlruns/1", None),
    ],
)
def test_where_a_version_can_be_asked_for(uri: str, expected: ArtifactLocation | None) -> None:
    assert served_location(uri, "https") == expected
