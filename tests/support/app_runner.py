"""An aiohttp app that stand-ins for pods answer by, on as many addresses as they have pods."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from support.kube_client import KubeClient


@asynccontextmanager
async def running(app: web.Application, kube: KubeClient) -> AsyncIterator[web.AppRunner]:
    """Its sites are made by whoever has it. They end with the block, and so does the client that pods are seen by."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()
        kube.close()
