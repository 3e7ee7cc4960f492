"""Which loads are run, in this order, and how long: an open loop comes after the load that shows who keeps up."""

from bench.loads import Load, Protocol

# 16 connections keep every server busy; more would only make stock MLServer answer in larger bursts, because it
# scores all waiting requests before it sends the first answer.

REST = Load("REST, 1 row", Protocol.REST, rows=1, seconds=3, rounds=4, connections=16)
REST_P50 = Load("REST, 1 row, 1 connection", Protocol.REST, rows=1, seconds=1, rounds=5, connections=1)
REST_1700 = Load("REST, 1 row, 1,700/s", Protocol.REST, rows=1, seconds=10, rounds=2, per_second=1_700, reached=REST)
REST_3000 = Load("REST, 1 row, 3,000/s", Protocol.REST, rows=1, seconds=10, rounds=2, per_second=3_000, reached=REST)
REST_32 = Load("REST, 32 rows", Protocol.REST, rows=32, seconds=2, rounds=3, connections=16)
REST_32_300 = Load(
    "REST, 32 rows, 300/s", Protocol.REST, rows=32, seconds=10, rounds=1, per_second=300, reached=REST_32
)
GRPC = Load("gRPC, 1 row", Protocol.GRPC, rows=1, seconds=2, rounds=4, connections=16)
GRPC_P50 = Load("gRPC, 1 row, 1 connection", Protocol.GRPC, rows=1, seconds=1, rounds=3, connections=1)
GRPC_500 = Load("gRPC, 1 row, 500/s", Protocol.GRPC, rows=1, seconds=10, rounds=1, per_second=500, reached=GRPC)
GRPC_32 = Load("gRPC, 32 rows", Protocol.GRPC, rows=32, seconds=2, rounds=3, connections=16)

LOADS = (
    REST,
    REST_P50,
    REST_1700,
    REST_3000,
    REST_32,
    REST_32_300,
    GRPC,
    GRPC_P50,
    GRPC_500,
    GRPC_32,
)
