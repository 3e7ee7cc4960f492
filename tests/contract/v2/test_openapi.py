"""The shipped OpenAPI description against the live server, by schemathesis in an environment of its own."""

import subprocess
from pathlib import Path

import httpx
from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.openapi import dataplane_document
from support.bundle_server import VERSION
from support.local_stack import Serving
from support.pinned_environment import pinned_environment

PINS = Path("tests/contract/v2/clients/schemathesis.txt")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES = 40
SECONDS = 300
"""For a run that hangs; one takes more than two minutes beside busy neighbours."""


def test_the_server_serves_the_description_of_its_models(
    rest: httpx.Client, bundle: Bundle, telco_schema: FeatureSchema
) -> None:
    models = ["small", *(f"small-{member.name}" for member in bundle.manifest.members)]
    answer = rest.get("/v2/docs/dataplane.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == dataplane_document(models=models, version=VERSION, schema=telco_schema)


def test_schemathesis_finds_no_answer_that_the_description_does_not_know(server: Serving, tmp_path: Path) -> None:
    program = pinned_environment(PINS) / "schemathesis"
    command = [str(program), "--no-color", "run", f"{server.rest_url}/v2/docs/dataplane.json"]
    command += ["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES)]
    command += ["--generation-deterministic", "--no-shrink"]
    command += ["--request-timeout", "10", "--warnings", "off"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
