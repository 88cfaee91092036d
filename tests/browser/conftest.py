"""A real browser, and a web for it to look at.

Chromium is started once for each file of tests: as long as it runs, Playwright keeps an event
loop in this thread, and tests of other files could start none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.web import Web
from tests.live.thread import served
from tests.system import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext

# Nothing of the browser's own may reach for the network, and no name is looked up
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def whole_web() -> Iterator[Web]:
    """Serve a web on a free port."""
    web = Web()
    with served(web) as web.port:
        yield web


@pytest.fixture(scope="module")
def chromium(whole_web: Web) -> Iterator[Browser]:
    """Start a browser that finds every host below ``.test`` in the web."""
    path = command("chromium")
    rules = f"--host-resolver-rules=MAP *.test 127.0.0.1:{whole_web.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS, rules])
        yield browser
        browser.close()


@pytest.fixture
def web(whole_web: Web) -> Iterator[Web]:
    """Give the test a web without any app."""
    yield whole_web
    whole_web.apps.clear()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Give the test a profile of its own: no cookies, nothing cached."""
    context = chromium.new_context()
    yield context
    context.close()
