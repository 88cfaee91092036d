"""A user with an own profile: no cookies of others, and a list of what the pages report."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tests.browser.bidi import BiDiError
from tests.browser.page import Page

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.browsers import Browser

# Browsers report what a policy forbids in their own words or not at all; pages do so in ours
_REPORT = """report => addEventListener("securitypolicyviolation", event => report(
    `${event.effectiveDirective} forbids ${event.blockedURI} at ${event.sourceFile}`))"""


class Visitor:
    """Opens pages in a browser; an unexpected report of a page fails the test."""

    def __init__(self, browser: Browser, pictures: Path, downloads: Path) -> None:
        self.browser = browser
        self.downloads = downloads
        self.pages: dict[str, Page] = {}
        self._pictures = pictures
        connection = browser.connection
        self.profile = connection.command("browser.createUserContext")["userContext"]
        behaviour = {"type": "allowed", "destinationFolder": str(downloads)}
        connection.command(
            "browser.setDownloadBehavior",
            downloadBehavior=behaviour,
            userContexts=[self.profile],
        )
        channel = {"type": "channel", "value": {"channel": "policy"}}
        connection.command(
            "script.addPreloadScript",
            functionDeclaration=_REPORT,
            arguments=[channel],
            userContexts=[self.profile],
        )
        connection.listen("script.message", self._violated)
        connection.listen("log.entryAdded", self._logged)

    def open(
        self,
        url: str,
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        *,
        reduced_motion: bool = False,
    ) -> Page:
        """Open *url* in a window of its own, and wait until all of it is loaded."""
        made = self.browser.connection.command(
            "browsingContext.create", type="window", userContext=self.profile
        )
        page = self.pages[made["context"]] = Page(self, made["context"])
        page.resize(width, height)
        page.media(scheme, reduced_motion=reduced_motion)
        page.goto(url)
        return page

    def complaints(self) -> list[str]:
        """What the pages reported that the test did not expect."""
        for page in self.pages.values():
            with contextlib.suppress(BiDiError):  # it is closed
                page.settle()
        return [said for page in self.pages.values() for said in page.complaints]

    def screenshots(self, name: str) -> None:
        """Save what is visible in each page that is still open."""
        for number, page in enumerate(self.pages.values(), 1):
            with contextlib.suppress(BiDiError, TimeoutError):
                page.screenshot(f"{name}-{number}")

    def picture(self, name: str) -> Path:
        """Where the next picture of this test goes."""
        path = self._pictures.with_name(f"{self._pictures.name}{name and '-'}{name}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def leave(self) -> None:
        """Close all pages, and forget the profile."""
        self.browser.connection.command("browser.removeUserContext", userContext=self.profile)
        self.browser.connection.forget(self._violated, self._logged)

    def _violated(self, message: dict[str, Any]) -> None:
        self._note(message["source"], f"policy: {message['data']['value']}")

    def _logged(self, entry: dict[str, Any]) -> None:
        policy = entry["text"].startswith("Content-Security-Policy:")  # known already
        if entry["level"] == "error" and not policy:
            self._note(entry["source"], f"{entry['type']}: {entry['text']}")

    def _note(self, source: dict[str, Any], said: str) -> None:
        if page := self.pages.get(source.get("context", "")):
            page.complaints.append(said)
