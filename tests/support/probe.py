"""What a probe sees of a server: by one client for all, as httpx reads the trusted certificates for each new one."""

import httpx

_client = httpx.Client(timeout=2, limits=httpx.Limits(max_keepalive_connections=0))


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
