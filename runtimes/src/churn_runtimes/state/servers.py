"""Connections to one server or to the servers of a cluster, and commands sent to one of them together.

Nothing is tried twice here: whoever asks decides what an error means. A cluster's commands go to its servers by their
first key alone; redis-py would ask a server which arguments of each call of a function are keys.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.crc import key_slot
from redis.exceptions import RedisClusterException, RedisError
from redis.retry import Retry

from churn_runtimes.state.address import Address
from churn_runtimes.state.credentials import login_of
from churn_runtimes.state.errors import StateAway, StateDenied, StateError
from churn_runtimes.state.library import LIBRARY
from churn_runtimes.state.typed_error import typed_error

CLUSTER = "+cluster://"
"""What an address of a cluster has in its scheme: redis+cluster://host:6379, rediss+cluster://host:6379 with TLS."""
_UNKNOWN_FUNCTION = "Function not found"
_NO_CLUSTER = "Cluster mode is not enabled"


class Servers(Protocol):
    """One server, or those of a cluster."""

    def ask(self, commands: Mapping[bytes, Sequence[Any]]) -> list[Any]:
        """Answers to these commands, each under a key of the slot that it is for. Raises StateError."""

    def close(self) -> None:
        """The connections."""


class OneServer:
    """Connects when it is first asked."""

    def __init__(self, url: str, settings: Mapping[str, Any]) -> None:
        self._client = Redis.from_url(url, **settings)

    def ask(self, commands: Mapping[bytes, Sequence[Any]]) -> list[Any]:
        """All of them on their way together."""
        return _answers(self._client, list(commands.values()))

    def close(self) -> None:
        """The connections."""
        self._client.close()


class ClusterServers:
    """Learns who has which slots when it is first asked, and again after any error."""

    def __init__(self, url: str, settings: Mapping[str, Any]) -> None:
        self._url = url
        self._settings = settings
        self._client: RedisCluster | None = None

    def ask(self, commands: Mapping[bytes, Sequence[Any]]) -> list[Any]:
        """Those of one server on their way together."""
        try:
            if self._client is None:
                self._client = RedisCluster.from_url(self._url, **self._settings)
            return self._ask(self._client, commands)
        except (RedisError, RedisClusterException) as error:
            self.close()
            raise _cluster_error(error) from error
        except Exception:
            # Slots may have moved, or a replica may be the primary now.
            self.close()
            raise

    def close(self) -> None:
        """The connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask(self, client: RedisCluster, commands: Mapping[bytes, Sequence[Any]]) -> list[Any]:
        by_server: dict[str, list[bytes]] = {}
        for key in commands:
            node = client.nodes_manager.get_node_from_slot(key_slot(key))
            by_server.setdefault(node.name, []).append(key)
        found: dict[bytes, Any] = {}
        for name, keys in by_server.items():
            server = client.get_redis_connection(client.nodes_manager.nodes_cache[name])
            found |= zip(keys, _answers(server, [commands[key] for key in keys]), strict=True)
        return [found[key] for key in commands]


def connect(address: Address, seconds: float) -> Servers:
    """An answer is waited for so long. Raises StateDenied for an address that is none, or without its credentials."""
    url, is_cluster = address.url.replace(CLUSTER, "://"), CLUSTER in address.url
    try:
        if is_cluster and urlsplit(url).path not in ("", "/", "/0"):
            raise StateDenied("the state store's address: a cluster has no numbered databases")
        settings = _patience(seconds) | login_of(url, address.credentials)
        return ClusterServers(url, settings) if is_cluster else OneServer(url, settings)
    except ValueError:
        # Its own text may show a part of the password.
        raise StateDenied(
            "the state store's address has to be like redis://HOST:PORT; a password's special characters are written "
            "as %XX"
        ) from None


def _cluster_error(error: Exception) -> StateError:
    """redis-py's errors of clusters are no RedisError; where none of the servers could be asked, its cause is one."""
    if _NO_CLUSTER in str(error):
        return StateDenied(f"the state store is one server and no cluster: write redis:// in its address ({error})")
    told = error if isinstance(error, RedisError) else error.__cause__
    return typed_error(told) if isinstance(told, RedisError) else StateAway(f"the state store: {error}")


def _patience(seconds: float) -> dict[str, Any]:
    return {"retry": Retry(NoBackoff(), 0), "socket_timeout": seconds, "socket_connect_timeout": seconds}


def _answers(server: Redis, commands: Sequence[Sequence[Any]]) -> list[Any]:
    """The function is loaded where the server does not know it: a new one, or one that was emptied."""
    try:
        answers = _sent(server, commands)
        if unknown := [place for place, answer in enumerate(answers) if _is_unknown(answer)]:
            server.function_load(LIBRARY, replace=True)
            for place, answer in zip(unknown, _sent(server, [commands[place] for place in unknown]), strict=True):
                answers[place] = answer
    except RedisError as error:
        raise typed_error(error) from error
    for answer in answers:
        if isinstance(answer, RedisError):
            raise typed_error(answer) from answer
    return answers


def _sent(server: Redis, commands: Sequence[Sequence[Any]]) -> list[Any]:
    pipeline: Any = server.pipeline(transaction=False)  # its types say nothing of what comes back
    for command in commands:
        pipeline.execute_command(*command)
    return list(pipeline.execute(raise_on_error=False))


def _is_unknown(answer: Any) -> bool:
    return isinstance(answer, RedisError) and _UNKNOWN_FUNCTION in str(answer)
