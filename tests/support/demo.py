"""`make demo` and `make serve`: from real churn data to answered V2 requests on this machine, no cluster.

python -m support.demo           train, register, serve, ask, leave
python -m support.demo --keep    the same on ports 8080 and 8081, then serve until Ctrl-C
"""

import argparse
import shutil
import signal
import threading
import time
from pathlib import Path

import pandas as pd
from churn_models.ensemble_spec import load_ensemble
from churn_models.feature_schema import FeatureSchema
from churn_models.names import CHAMPION
from support.customers import shipped_customers
from support.local_stack import LocalStack, Serving
from support.v2_client import infer_grpc, infer_request, infer_rest

_ENSEMBLE = "telco"
_CUSTOMERS = 8
_SCRATCH = Path("build/demo")
_REST_PORT, _GRPC_PORT = 8080, 8081


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="serve on ports 8080 and 8081 until Ctrl-C")
    keep = parser.parse_args().keep
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    shutil.rmtree(_SCRATCH, ignore_errors=True)
    spec, schema = load_ensemble(Path("models") / _ENSEMBLE)
    raw = shipped_customers(spec, schema).raw
    asked = raw.sample(_CUSTOMERS, random_state=7)
    with LocalStack(_SCRATCH.resolve()) as stack:
        serving = _bring_up(stack, raw.drop(asked.index), keep)
        _ask(serving, schema, asked)
        print(f"done in {time.monotonic() - started:.0f} s")
        if keep:
            _keep_serving(stack, serving)


def _bring_up(stack: LocalStack, known: pd.DataFrame, keep: bool) -> Serving:
    print(f"MLflow starts at {stack.tracking_uri} (its files and all logs: {_SCRATCH})", flush=True)
    stack.start_mlflow()
    dataset = stack.folder / "known_customers.csv"
    known.to_csv(dataset, index=False)
    stack.train(Path("models") / _ENSEMBLE, "--dataset", str(dataset))
    stack.promote(_ENSEMBLE)
    print(f"{_ENSEMBLE}: the first challenger is now the {CHAMPION}; the server starts", flush=True)
    bundle = f"models:/{_ENSEMBLE}@{CHAMPION}"
    return stack.serve(bundle, rest_port=_REST_PORT, grpc_port=_GRPC_PORT) if keep else stack.serve(bundle)


def _ask(serving: Serving, schema: FeatureSchema, customers: pd.DataFrame) -> None:
    by_rest = infer_rest(serving.rest_url, _ENSEMBLE, infer_request(schema, customers))
    by_grpc = infer_grpc(serving.grpc_target, _ENSEMBLE, schema, customers)
    answers = pd.DataFrame(
        {
            "customer": customers[schema.identity] if schema.identity else customers.index,
            "P(churn) REST": by_rest["churn_probability"].round(4),
            "P(churn) gRPC": by_grpc.round(4),
            "churned": customers[schema.target.name],
        }
    )
    print("customers that training has not seen, answered over the V2 protocol, beside the truth:")
    print(answers.to_string(index=False), flush=True)


def _keep_serving(stack: LocalStack, serving: Serving) -> None:
    print(f"V2 REST {serving.rest_url}, gRPC {serving.grpc_target}, MLflow {stack.tracking_uri}; Ctrl-C ends it")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print("stopping")


if __name__ == "__main__":
    main()
