"""The page over an API of the test's own, in real browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.playwrights import launched
from tests.inspector.page.api import Api
from tests.live.thread import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Dialog, Page

# A busy machine is slow, and no test is about that
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def served_api() -> Iterator[Api]:
    """Serve the page, on a free port."""
    api = Api()
    with served(api) as api.port:
        yield api


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium for the tests of one file: while it runs, no event loop can start."""
    with launched() as browser:
        yield browser


@pytest.fixture
def api(served_api: Api) -> Iterator[Api]:
    """Give the test an API without any exchange."""
    yield served_api
    served_api.clear()


@pytest.fixture
def tab(chromium: Browser, api: Api) -> Iterator[Page]:
    """Open the page in a profile of its own; no script of it may fail."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    page = context.new_page()
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))

    def stop(dialog: Dialog) -> None:
        failed.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", stop)
    page.goto(api.url + "#/nothing")
    yield page
    context.close()
    assert failed == []
