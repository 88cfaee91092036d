"""A web for the browsers to look at, and Chromium through Playwright.

It is started once for each file of tests: while it runs, Playwright keeps an event loop in this
thread, so tests of other files could not start one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.playwrights import launched
from tests.browser.web import Web
from tests.live.thread import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext


@pytest.fixture(scope="module")
def whole_web() -> Iterator[Web]:
    """Serve a web on a free port."""
    web = Web()
    with served(web) as web.port:
        yield web


@pytest.fixture(scope="module")
def chromium(whole_web: Web) -> Iterator[Browser]:
    """Start a browser that finds every host below ``.test`` in the web."""
    with launched(f"--host-resolver-rules=MAP *.test 127.0.0.1:{whole_web.port}") as browser:
        yield browser


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
