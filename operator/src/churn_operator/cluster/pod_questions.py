"""What all questions to our pods have in common: a second, a bound on the answer, and nothing that it could lead to.

`pod_states` and `drift_reports` ask by it.
"""

import aiohttp
from churn_models.said import AnswerInvalid

SECONDS = 1.0
"""For a question and its answer."""


class KnowsNothingOfIt(AnswerInvalid):
    """A pod of an older image."""


def pod_session(at_once: int) -> aiohttp.ClientSession:
    """For questions to many pods, so many connections at a time."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=SECONDS),
        connector=aiohttp.TCPConnector(limit=at_once),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


async def answer_of(session: aiohttp.ClientSession, url: str, largest: int) -> bytes:
    """The body. Raises AnswerInvalid where it is no 200, or has more than `largest` bytes."""
    async with session.get(url, allow_redirects=False) as response:
        if response.status == 404:
            raise KnowsNothingOfIt(f"{url} is not known there")
        if response.status != 200:
            raise AnswerInvalid(f"{url} answers {response.status}")
        content = bytearray()
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > largest:
                raise AnswerInvalid(f"{url} says more than {largest} bytes")
    return bytes(content)
