"""A real browser that opens a page from disk, and what it had to say: Debian's headless Chromium by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

PROGRAM = "chromium-headless-shell"


@dataclass(frozen=True)
class Opened:
    """The page, every message of its console and error of its scripts, and every address that it asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def opened(path: Path, width: int = 1000) -> Iterator[Opened]:
    """Open an HTML file; skips the test where there is no browser."""
    program = shutil.which(PROGRAM)
    if program is None:
        pytest.skip(f"no {PROGRAM}: tests/support/install_tools.sh installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        found = Opened(browser.new_page(viewport={"width": width, "height": 900}))
        found.page.on("console", lambda message: found.said.append(message.text))
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.on("request", lambda request: found.asked.append(request.url))
        found.page.goto(path.resolve().as_uri(), wait_until="load")
        try:
            yield found
        finally:
            browser.close()
