"""One pooled gRPC channel to all pods of a member: HTTP/2 connections that are balanced, watched and made again.

The target is a headless Service, so its name resolves to the ready pods. gRPC asks DNS again when a
connection breaks, but not while all is well: pods that came in addition are found by opening a new channel
now and then, which shares the connections that the old one has.
"""

import json

import grpc

_BALANCED = json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})

_OPTIONS = [
    ("grpc.service_config", _BALANCED),
    ("grpc.service_config_disable_resolution", 1),
    # A pod whose node vanished answers no ping; a connection that only waits would hold requests for minutes.
    ("grpc.keepalive_time_ms", 5_000),
    ("grpc.keepalive_timeout_ms", 1_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # gRPC's own pauses, up to two minutes, are made for servers far away.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.dns_min_time_between_resolutions_ms", 500),
]


def open_channel(target: str) -> grpc.aio.Channel:
    """A channel to host:port; made inside the running loop. Connects with the first call."""
    return grpc.aio.insecure_channel(f"dns:///{target}", options=_OPTIONS)
