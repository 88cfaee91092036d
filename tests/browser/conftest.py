"""Real browsers, and a web for them to look at.

``visitor`` opens pages in Chromium and in Firefox: the test runs in both.  They are started once.
Through Playwright Chromium is started once for each file of tests: as long as it runs, Playwright
keeps an event loop in this thread, and tests of other files could start none.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import browsers
from tests.browser.visitor import Visitor
from tests.browser.web import Web
from tests.live.thread import served
from tests.system import command

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

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
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures of a test know that it failed."""
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = report.failed
    return report


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


@pytest.fixture(scope="session")
def _started() -> Iterator[Callable[[str], browsers.Browser]]:
    """Start a browser when the first test asks for it; it runs until the last test is over."""
    started: dict[str, browsers.Browser] = {}
    with contextlib.ExitStack() as stack:

        def start(name: str) -> browsers.Browser:
            if name not in started:
                started[name] = stack.enter_context(getattr(browsers, name)())
            return started[name]

        yield start


@pytest.fixture(params=["chromium", "firefox"])
def browser(
    request: pytest.FixtureRequest, _started: Callable[[str], browsers.Browser]
) -> browsers.Browser:
    """Run the test in each browser."""
    return _started(request.param)


@pytest.fixture
def visitors(
    browser: browsers.Browser, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Visitor]]:
    """Make visitors; the test fails if one of their pages says what the test did not expect."""
    here: list[Visitor] = []
    name = re.sub(r"[^\w\[\].=-]+", "-", request.node.name)
    pictures = request.config.rootpath / ".artefacts" / request.node.path.stem / name

    def come() -> Visitor:
        here.append(Visitor(browser, pictures, tmp_path))
        return here[-1]

    yield come
    complaints = [said for visitor in here for said in visitor.complaints()]
    for visitor in here:
        if request.node.stash.get(_FAILED, False):
            visitor.screenshots("failed")
        visitor.leave()
    assert [] == complaints


@pytest.fixture
def visitor(visitors: Callable[[], Visitor]) -> Visitor:
    """Come to the browser with a profile of one's own."""
    return visitors()
