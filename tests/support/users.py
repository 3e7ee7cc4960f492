"""Users of one real server, for tests of what a candidate beside it may do to them: nothing wrong."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
from churn_models.encoding import Matrix
from churn_runtimes.candidate.packed_table import PackedTable
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.local_stack import Serving
from support.v2_tensors import grpc_matrix, matrix_tensor

INFER = "/v2/models/small/infer"
SECONDS = 15


class Users:
    """Ask over REST and gRPC as long as the block lasts; every answer is compared with what its version scores."""

    def __init__(self, stable: Serving, customers: Matrix, tables: Mapping[str, PackedTable]) -> None:
        self._stable = stable
        self._customers = customers
        self._scores = {version: table.evaluator.score(customers).ensemble for version, table in tables.items()}
        self._ends = threading.Event()
        self._threads = ThreadPoolExecutor(2)
        self.failures: list[str] = []
        self.wrong: list[str] = []
        self.versions: Counter[str] = Counter()

    def __enter__(self) -> "Users":
        self._work = [self._threads.submit(self._until_the_end, ask) for ask in (self._ask_rest, self._ask_grpc)]
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for work in self._work:
            work.result()
        self._threads.shutdown()

    def _until_the_end(self, ask: Callable[[Callable[[], bool]], None]) -> None:
        ask(lambda: not self._ends.is_set())

    def _ask_rest(self, goes_on: Callable[[], bool]) -> None:
        with httpx.Client(base_url=self._stable.rest_url, timeout=SECONDS) as client:
            while goes_on():
                for row in range(len(self._customers)):
                    body = {"inputs": [matrix_tensor(self._customers[row : row + 1])]}
                    answer = client.post(INFER, json=body)
                    if answer.status_code != 200:
                        self.failures.append(answer.text)
                    else:
                        found = answer.json()
                        self._compare(row, found["model_version"], found["outputs"][0]["data"][0])

    def _ask_grpc(self, goes_on: Callable[[], bool]) -> None:
        with grpc.insecure_channel(self._stable.grpc_target) as channel:
            stub = GRPCInferenceServiceStub(channel)
            while goes_on():
                for row in range(len(self._customers)):
                    try:
                        found = stub.ModelInfer(grpc_matrix("small", self._customers[row : row + 1]), timeout=SECONDS)
                    except grpc.RpcError as error:
                        self.failures.append(str(error))
                    else:
                        self._compare(row, found.model_version, found.outputs[0].contents.fp64_contents[0])
                    time.sleep(0.002)

    def _compare(self, row: int, version: str, score: float) -> None:
        self.versions[version] += 1
        if not (0 <= score <= 1 and score == self._scores[version][row]):
            self.wrong.append(f"version {version} scored {score}, not {self._scores[version][row]}")
