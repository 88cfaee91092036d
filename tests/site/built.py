"""Look through a site that was built: where links lead, and what would come from elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tests.site.versions import LATEST

if TYPE_CHECKING:
    from pathlib import Path

# Attributes whose address the browser loads by itself
_LOADS = {
    "audio": {"src"},
    "embed": {"src"},
    "iframe": {"src"},
    "image": {"href", "xlink:href"},
    "img": {"src", "srcset"},
    "input": {"src"},
    "link": {"href"},
    "object": {"data"},
    "script": {"src"},
    "source": {"src", "srcset"},
    "track": {"src"},
    "use": {"href", "xlink:href"},
    "video": {"src", "poster"},
}
_NOT_LOADED = {"alternate", "canonical", "describedby", "next", "prev"}
_CSS = re.compile(r"url\(\s*['\"]?([^)'\"]+)|@import\s+['\"]([^'\"]+)")
_EXTERNAL = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)


@dataclass
class Sight(HTMLParser):
    """What one page names."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses of an element."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        loads = _LOADS.get(tag, set())
        if tag == "link" and _NOT_LOADED & set(given.get("rel", "").split()):
            loads = set()
        for name in given.keys() & (loads | {"href"}):
            found = self.loads if name in loads else self.links
            parts = given[name].split(",") if name == "srcset" else [given[name]]
            found.extend(part.split()[0] for part in parts if part.strip())
        self.loads += _addresses(given.get("style", ""))


def broken(site: Path) -> list[str]:
    """Links and anchors of pages of *site* that lead nowhere, each with its page."""
    pages = _pages(site)
    return [
        f"{page.relative_to(site)}: {link}"
        for page, sight in pages.items()
        for link in [*sight.links, *sight.loads]
        if not _leads(page, link, pages, site)
    ]


def from_elsewhere(site: Path) -> list[str]:
    """What pages and styles of *site* load from other hosts, each with its file."""
    loads = [(page, load) for page, sight in _pages(site).items() for load in sight.loads]
    for style in site.rglob("*.css"):
        loads += [(style, load) for load in _addresses(style.read_text("utf-8"))]
    return [f"{file.relative_to(site)}: {load}" for file, load in loads if _EXTERNAL.match(load)]


def _pages(site: Path) -> dict[Path, Sight]:
    pages = {}
    for path in sorted(site.rglob("*.html")):
        if path.name == "404.html":  # its links are those of the host that it is published at
            continue
        pages[path] = sight = Sight()
        sight.feed(path.read_text("utf-8"))
    return pages


def _leads(page: Path, link: str, pages: dict[Path, Sight], site: Path) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target == site.parent / LATEST:  # from an old version; published beside it
        return True
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return False
    anchor = unquote(parts.fragment)
    return not anchor or target not in pages or anchor in pages[target].anchors


def _addresses(css: str) -> list[str]:
    return [one or other for one, other in _CSS.findall(css) if not one.startswith("data:")]
