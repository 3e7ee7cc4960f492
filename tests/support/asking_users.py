"""Users who ask several models in an open loop, and somebody who asks the models' pods for their `/state`.

A program of its own, `python asking_users.py PLAN.json`, which says on standard output what happened, a line of JSON
for each answer and each look: on this machine beside the tests, or in a pod of the cluster (`support.load_pod`). There
it has nothing but this file and aiohttp. `support.user_log` reads what it says; SIGTERM ends it after its last answers.
"""

import asyncio
import itertools
import json
import math
import signal
import socket
import sys
import time
from typing import Any, NamedTuple

import aiohttp

SECONDS = 10
"""That a user waits for an answer."""
TOLERANCE = 1e-6
_LOOK_SECONDS = 0.5
_METRICS_PORT = 8082


class Questions(NamedTuple):
    """What all models are asked, and the right answers."""

    bodies: list[dict[str, Any]]
    """Sent in turn."""
    expected: dict[str, list[list[float | None]]]
    """By version, for each body the score of each row; None where this version must not answer."""


class Asked(NamedTuple):
    """One model."""

    name: str
    url: str
    """Of its infer endpoint."""
    per_second: float
    peers: str | None = None
    """A host name for all of its pods, which are asked for their state."""


def say(kind: str, *what: object) -> None:
    """One line."""
    print(json.dumps([kind, *what]), flush=True)


async def ask_on(session: aiohttp.ClientSession, questions: Questions, asked: Asked, ends: asyncio.Event) -> None:
    """Until it ends. A request starts when its time has come, whether earlier ones have been answered or not."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as requests:
        for number in itertools.count():
            await asyncio.sleep(max(0.0, began + number / asked.per_second - time.monotonic()))
            if ends.is_set():
                return
            requests.create_task(_ask(session, questions, asked, number % len(questions.bodies)))


async def _ask(session: aiohttp.ClientSession, questions: Questions, asked: Asked, place: int) -> None:
    began = time.time()
    version, trouble = "", ""
    try:
        async with session.post(asked.url, json=questions.bodies[place]) as answer:
            text = await answer.text()
            if answer.status == 200:
                version, trouble = judge(questions, place, text)
            else:
                trouble = f"{answer.status} {text[:200]}"
    except (aiohttp.ClientError, TimeoutError) as error:
        trouble = repr(error)
    say("answer", asked.name, began, time.time(), version, trouble)


def judge(questions: Questions, place: int, text: str) -> tuple[str, str]:
    """Which version says that it has answered, and what is wrong with its scores."""
    try:
        found = json.loads(text)
        version, scores = str(found["model_version"]), found["outputs"][0]["data"]
    except (ValueError, LookupError, TypeError):
        return "", f"no answer of V2: {text[:200]}"
    expected = questions.expected.get(version)
    if expected is None:
        return version, f"wrong: nobody expects version {version}"
    if not _alike(scores, expected[place]):
        return version, f"wrong: {scores} is not {expected[place]}"
    return version, ""


def _alike(scores: list[Any], expected: list[float | None]) -> bool:
    return len(scores) == len(expected) and all(map(_same, scores, expected))


def _same(score: Any, expected: float | None) -> bool:
    return isinstance(score, float) and expected is not None and math.isclose(score, expected, abs_tol=TOLERANCE)


async def look_on(session: aiohttp.ClientSession, asked: Asked, ends: asyncio.Event) -> None:
    """Every half second, ask all pods at once."""
    while not ends.is_set():
        await asyncio.gather(*(_look(session, asked.name, address) for address in await _addresses(asked)))
        await asyncio.sleep(_LOOK_SECONDS)


async def _look(session: aiohttp.ClientSession, model: str, address: str) -> None:
    try:
        async with session.get(f"http://{address}:{_METRICS_PORT}/state", timeout=aiohttp.ClientTimeout(2)) as answer:
            state = json.loads(await answer.text())
        counts = {one["version"]: {key: one[key] for key in ("requests", "scored")} for one in state["versions"]}
        say("state", model, time.time(), address, state["version"], state.get("in_force") or {}, counts)
    except (aiohttp.ClientError, TimeoutError, ValueError, LookupError) as error:
        say("no state", model, time.time(), address, repr(error))


async def _addresses(asked: Asked) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(asked.peers, _METRICS_PORT, family=socket.AF_INET)
    except OSError:
        return []
    return sorted({str(address[0]) for *_, address in found})


async def run(questions: Questions, plan: list[Asked]) -> None:
    """All of it at once."""
    ends = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ends.set)
    # Each request has a connection of its own, so that every one of them is balanced anew by the Service, whose address
    # stays.
    connector = aiohttp.TCPConnector(force_close=True, limit=0, ttl_dns_cache=None)
    timeout = aiohttp.ClientTimeout(SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session, asyncio.TaskGroup() as all_of_it:
        for asked in plan:
            all_of_it.create_task(ask_on(session, questions, asked, ends))
            if asked.peers:
                all_of_it.create_task(look_on(session, asked, ends))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        told = json.load(file)
    asyncio.run(run(Questions(**told["questions"]), [Asked(**asked) for asked in told["models"]]))
