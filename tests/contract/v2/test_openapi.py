"""The shipped OpenAPI description against the live server, by schemathesis in an environment of its own."""

import subprocess
from pathlib import Path

import httpx
from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import Outputs
from churn_runtimes.openapi import Served, dataplane_document
from churn_runtimes.v2.contributions import explained_parts
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
    names = [member.name for member in bundle.manifest.members]
    models = ["small", *(f"small-{name}" for name in names)]
    served = Served(models, VERSION, telco_schema, Outputs.of(bundle).names, explained_parts(names))
    answer = rest.get("/v2/docs/dataplane.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == dataplane_document(served)


def test_its_examples_are_answered(rest: httpx.Client) -> None:
    infer = rest.get("/v2/docs/dataplane.json").json()["paths"]["/v2/models/{model}/infer"]["post"]
    examples = infer["requestBody"]["content"]["application/json"]["examples"]
    assert list(examples) == ["columns", "matrix", "outputs", "reasons", "contributions"]
    answered = {name: rest.post("/v2/models/small/infer", json=one["value"]) for name, one in examples.items()}
    assert {name: answer.status_code for name, answer in answered.items()} == dict.fromkeys(examples, 200)
    for name, told in infer["responses"]["200"]["content"]["application/json"]["examples"].items():
        tensors, given = told["value"]["outputs"], answered[name].json()["outputs"]
        forms = [[(one["name"], one["datatype"], one["shape"]) for one in outputs] for outputs in (tensors, given)]
        assert forms[0] == forms[1]


def test_schemathesis_finds_no_answer_that_the_description_does_not_know(server: Serving, tmp_path: Path) -> None:
    program = pinned_environment(PINS) / "schemathesis"
    command = [str(program), "--no-color", "run", f"{server.rest_url}/v2/docs/dataplane.json"]
    command += ["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES)]
    command += ["--generation-deterministic", "--no-shrink"]
    command += ["--request-timeout", "10", "--warnings", "off"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
