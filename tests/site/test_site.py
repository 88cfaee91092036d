"""The site builds without a warning, and does what its readers want of it."""

from __future__ import annotations

import re
import shutil
import zlib
from html.parser import HTMLParser
from importlib import import_module
from inspect import ismodule
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

import asgi_mw
from tests.browser.looks import axe
from tests.browser.visiting import in_one_browser
from tests.site.building import build
from tests.site.pages import CONFIG, DOCS, listed, sources
from tests.site.serving import served
from tests.site.versions import list_versions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.page import Page
    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.slow
PAGES = [name.removesuffix(".md") for name in sources()]
LOOKED_AT = ("index", "how-to", "reference", "rules", "performance", "api/asgi_mw")
# The theme leaves it to the browser where there is no mouse, as here
BY_KEYBOARD = "scrollable-region-focusable"
SCHEME = "document.body.dataset.mdColorScheme"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it, strictly; a release has the same pages."""
    folder = tmp_path_factory.mktemp("site")
    build(folder / "latest", version="latest")
    shutil.copytree(folder / "latest", folder / "0.1")
    list_versions(folder)
    return folder


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """Serve it."""
    with served(folder) as address:
        yield address


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_github_shows(folder: Path, page: str) -> None:
    """Word for word, block by block: what the two dialects read differently is found."""
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    expected = words(shown.render((DOCS / f"{page}.md").read_text("utf-8")))
    text = (folder / "latest" / f"{page}.html").read_text("utf-8")

    assert expected == words(text[text.index("<article") : text.index("</article>")])


def test_every_page_is_markdown_too(folder: Path) -> None:
    """Beside it, and named in llms.txt."""
    site = folder / "latest"
    llms = (site / "llms.txt").read_text("utf-8")
    pages = [page for _, page in listed(CONFIG["nav"])]

    assert [] == [page for page in pages if not (site / page).read_text("utf-8").startswith("# ")]
    address = f"{CONFIG['site_url']}latest/"
    assert [f"{address}{page}" for page in pages] == re.findall(r"\(<(\S+)>\)", llms)
    assert (site / "llms-full.txt").stat().st_size > 300_000


def test_every_public_name_has_its_entry(folder: Path) -> None:
    """Of the face, and what the reference names of other modules."""
    inventory = (folder / "latest" / "objects.inv").read_bytes().split(b"\n", 4)[4]
    entries = {line.split()[0] for line in zlib.decompress(inventory).decode().splitlines()}
    named = re.findall(r"\basgi_mw(?:\.\w+)+", (DOCS / "reference.md").read_text("utf-8"))
    expected = {f"asgi_mw.{name}" for name in asgi_mw.__all__} | {*filter(is_an_object, named)}

    # A module of the same name hides `asgi_mw.replay.plan`
    twice = {name.removesuffix(f".{name.rpartition('.')[2]}") for name in entries}
    assert set() == expected - entries - twice


@in_one_browser
def test_a_search_finds_what_is_looked_for(address: str, visitor: Visitor) -> None:
    """As it is typed; Enter leads there."""
    page = visitor.open(f"{address}latest/")
    within = "document.activeElement.shadowRoot"
    page.press("Control+k")
    page.wait_for(f"{within}.activeElement.tagName === 'INPUT'")
    page.type("server-timing")
    page.wait_for(f"[...{within}.querySelectorAll('a')].some(a => a.href.endsWith('#timing'))")
    page.screenshot("found")
    page.press("Enter")
    page.wait_for("location.href.includes('/reference.html')")


@in_one_browser
def test_a_reader_chooses_light_or_dark(address: str, visitor: Visitor) -> None:
    """The system's first, then what is clicked; the picture follows."""
    page = visitor.open(f"{address}latest/", scheme="dark")
    shown = "[...document.querySelectorAll('article img')].find(one => one.checkVisibility()).src"
    assert "slate" == page.wait_for(SCHEME)
    assert "page-dark.png" in page.evaluate(shown)

    page.click("label[title='Switch to light mode']")
    page.wait_for(f"{SCHEME} === 'default'")
    assert "page-light.png" in page.evaluate(shown)


@in_one_browser
def test_nothing_comes_from_other_hosts(address: str, visitor: Visitor) -> None:
    """No page asks any for anything."""
    page = visitor.open(f"{address}latest/")
    for name in LOOKED_AT:
        page.goto(f"{address}latest/{name}.html")
        page.settle()
        asked = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")

        assert asked
        assert [] == [one for one in asked if not one.startswith((address, "data:"))]


@in_one_browser
def test_only_tables_and_code_scroll_sideways(address: str, visitor: Visitor) -> None:
    """On a telephone, each in a box of its own."""
    page = visitor.open(f"{address}latest/", 390, 844)
    for name in LOOKED_AT:
        page.goto(f"{address}latest/{name}.html")
        page.screenshot(name.replace("/", "-"))

        assert [] == too_wide(page)


@in_one_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(address: str, visitor: Visitor, scheme: str) -> None:
    """A page of each kind, by axe-core."""
    page = visitor.open(f"{address}latest/", scheme=scheme)
    for name in ("index", "who-was-slow", "api/asgi_mw.logs"):
        page.goto(f"{address}latest/{name}.html")
        page.screenshot(name.replace("/", "-"))

        assert [] == [found for found in axe(page) if not found.startswith(BY_KEYBOARD)]


@in_one_browser
def test_an_old_version_leads_to_the_latest(address: str, visitor: Visitor) -> None:
    """Its readers are warned, and both are listed."""
    page = visitor.open(f"{address}0.1/cors.html")
    page.wait_for("document.querySelectorAll('.md-version__link').length === 2")
    page.click("[data-md-component=outdated] a")
    page.wait_for("/latest/.test(location.href)")
    page.wait_for("document.querySelectorAll('.md-version__link').length === 2")

    assert not page.evaluate(
        "document.querySelector('[data-md-component=outdated]').checkVisibility()"
    )


def too_wide(page: Page) -> list[str]:
    """What sticks out of the window, but for what scrolls in a box of its own."""
    found: list[str] = page.evaluate("""[...document.querySelectorAll("article, article *")]
        .filter(one => one.checkVisibility() && !one.closest("pre, .md-typeset__scrollwrap")
            && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map(one => one.outerHTML.slice(0, 80))""")
    return found


def is_an_object(name: str) -> bool:
    """Whether *name* is of something in a module, and no module."""
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(import_module(module), attribute)
    except (AttributeError, ImportError):
        return False
    return not ismodule(found)


class _Words(HTMLParser):
    """The text of a page; each block begins with its kind."""

    blocks = frozenset({"blockquote", "h1", "h2", "h3", "h4", "li", "pre", "summary", "td", "th"})
    void = frozenset({"br", "hr", "img", "input", "source"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.void:
            return
        ours = tag in {"button", "nav"} or ("class", "headerlink") in attrs
        self._within.append("the theme's" if ours else tag)
        if tag in self.blocks:
            self.parts.append(f" <{tag}> ")
        elif tag == "p":
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.void and self._within:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if "the theme's" not in self._within:
            self.parts.append(data)


def words(html: str) -> str:
    """What is to be read in *html*, whatever its spaces are."""
    parser = _Words()
    parser.feed(html)
    return "\n<".join(" ".join("".join(parser.parts).split()).split("<"))
