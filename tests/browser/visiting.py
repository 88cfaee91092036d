"""Visitors for any test: they open pages in Chromium and in Firefox, which are started once.

``visitor`` runs a test in both, unless it is marked ``in_one_browser``: such a test is about our
script, and not about how a browser shows or does something.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import pytest

from tests.browser import browsers
from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

_FAILED = pytest.StashKey[bool]()

in_one_browser = pytest.mark.parametrize("browser", ["chromium"], indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures of a test know that it failed."""
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = report.failed
    return report


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
    """Make visitors; the test fails if one of their pages reports what it did not expect."""
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
    """A visitor with a new profile."""
    return visitors()
