"""What a probe sees of a server: by one client for all, as httpx reads the trusted certificates for each new one."""

import httpx


def probing_client(seconds: float) -> httpx.Client:
    """Connects anew for every request, like the kubelet; waits so long for each answer."""
    return httpx.Client(timeout=seconds, limits=httpx.Limits(max_keepalive_connections=0))


_client = probing_client(2)


def probe(url: str) -> httpx.Response | None:
    """The answer of a server on this machine; None where there is none."""
    try:
        return _client.get(url)
    except httpx.TransportError:
        return None


def succeeds(url: str) -> bool:
    """Whether the answer is 200."""
    answer = probe(url)
    return answer is not None and answer.status_code == 200
