"""What is wrong with a built site is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site.built import broken, from_elsewhere

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Make one of two pages and a style."""
    folder = tmp_path / "0.1"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "index.html").write_text('<h1 id="here">B</h1>', "utf-8")
    (folder / "a.css").write_text("p { background: url(data:image/png;base64,AAAA) }", "utf-8")
    return folder


@pytest.mark.parametrize(
    "link",
    [
        "b/index.html",
        "b/",
        "b/#here",
        "b/index.html#here",
        "a.css",
        "#me",
        "",
        "../latest/",
        "https://a.test/#x",
        "mailto:a@a.test",
    ],
)
def test_a_link_that_leads_somewhere_is_no_fault(site: Path, link: str) -> None:
    """To a page, a heading, a file, another host, or another version."""
    (site / "a.html").write_text(f'<p id="me"><a href="{link}">x</a>', "utf-8")

    assert broken(site) == from_elsewhere(site) == []


@pytest.mark.parametrize("link", ["c.html", "b/#there", "#there", "/a.html", "../0.2/", "B/"])
def test_a_link_that_leads_nowhere_is_found(site: Path, link: str) -> None:
    """With its page."""
    (site / "b" / "a.html").write_text(f'<p id="me"><a href="../{link}">x</a>', "utf-8")

    assert [f"b/a.html: ../{link}"] == broken(site)


@pytest.mark.parametrize(
    "element",
    [
        '<script src="{0}"></script>',
        '<link rel="stylesheet" href="{0}">',
        '<link rel="preconnect" href="{0}">',
        '<img srcset="a.css 1x, {0} 2x">',
        "<p style=\"background: url('{0}')\">",
    ],
)
def test_what_is_loaded_from_elsewhere_is_found(site: Path, element: str) -> None:
    """With a scheme or without one."""
    for address in ("https://a.test/x", "//a.test/x"):
        (site / "a.html").write_text(element.format(address), "utf-8")

        assert [f"a.html: {address}"] == from_elsewhere(site)


def test_what_a_style_loads_from_elsewhere_is_found(site: Path) -> None:
    """An import, too."""
    (site / "a.css").write_text('@import "https://a.test/x"; p { src: url(//b.test) }', "utf-8")

    assert ["a.css: https://a.test/x", "a.css: //b.test"] == from_elsewhere(site)


def test_what_is_only_named_is_not_loaded(site: Path) -> None:
    """Where a page would be, if it were published."""
    (site / "a.html").write_text('<link rel="canonical" href="https://a.test/">', "utf-8")

    assert from_elsewhere(site) == []
