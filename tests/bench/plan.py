"""Which loads are run, in this order, and how long: an open loop comes after the load whose rate it halves."""

from bench.loads import Load, Protocol

# 16 connections keep every server busy; more would only make stock MLServer answer in larger bursts, because it
# scores all waiting requests before it sends the first answer.

REST = Load("REST, 1 row", Protocol.REST, rows=1, seconds=3, rounds=5, connections=16)
REST_P50 = Load("REST, 1 row, 1 connection", Protocol.REST, rows=1, seconds=1, rounds=5, connections=1)
REST_OPEN = Load("REST, 1 row, half load", Protocol.REST, rows=1, seconds=2, rounds=3, half_of=REST)
REST_32 = Load("REST, 32 rows", Protocol.REST, rows=32, seconds=2, rounds=3, connections=16)
REST_32_OPEN = Load("REST, 32 rows, half load", Protocol.REST, rows=32, seconds=2, rounds=2, half_of=REST_32)
GRPC = Load("gRPC, 1 row", Protocol.GRPC, rows=1, seconds=2, rounds=5, connections=16)
GRPC_P50 = Load("gRPC, 1 row, 1 connection", Protocol.GRPC, rows=1, seconds=1, rounds=3, connections=1)
GRPC_OPEN = Load("gRPC, 1 row, half load", Protocol.GRPC, rows=1, seconds=2, rounds=2, half_of=GRPC)
GRPC_32 = Load("gRPC, 32 rows", Protocol.GRPC, rows=32, seconds=2, rounds=3, connections=16)
GRPC_32_OPEN = Load("gRPC, 32 rows, half load", Protocol.GRPC, rows=32, seconds=2, rounds=2, half_of=GRPC_32)

LOADS = (
    REST,
    REST_P50,
    REST_OPEN,
    REST_32,
    REST_32_OPEN,
    GRPC,
    GRPC_P50,
    GRPC_OPEN,
    GRPC_32,
    GRPC_32_OPEN,
)
