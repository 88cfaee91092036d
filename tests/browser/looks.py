"""Check how a page looks to its users: painted, usable by all of them, and fluent."""

from __future__ import annotations

from importlib.resources import files
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.page import Page

_PAINTED = """selector => [...document.querySelectorAll(selector)].some(element => {
    const box = element.getBoundingClientRect();
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.width > 0 && box.height > 0 && element.checkVisibility({opacityProperty: true,
        visibilityProperty: true}) && element.contains(at);
})"""
_READ = """text => [...document.querySelectorAll("main *")].some(element => {
    const box = element.getBoundingClientRect();
    const own = [...element.childNodes].some(one => one.nodeType === 3 && one.data.includes(text));
    return own && element.contains(document.elementFromPoint(
        box.x + box.width / 2, box.y + box.height / 2));
})"""
_AXE = """async impacts => (await axe.run({resultTypes: ["violations"]})).violations
    .filter(found => impacts.includes(found.impact))
    .map(found => `${found.id} (${found.impact}): ${found.help}: `
        + found.nodes.map(node => node.target.join(" ")).join(", "))"""
_WATCH = """() => new Promise(begun => {
    const times = globalThis.timesOfFrames = [];
    const note = time => {
        if (globalThis.timesOfFrames !== times) return;
        times.push(time);
        begun();
        requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
})"""
_WATCHED = """() => {
    const times = globalThis.timesOfFrames;
    delete globalThis.timesOfFrames;
    return times;
}"""


def in_view(page: Page, selector: str) -> bool:
    """Whether an element that *selector* matches is painted, its centre in sight and uncovered."""
    return bool(page.evaluate(_PAINTED, selector))


def read(page: Page, text: str) -> None:
    """Wait until some *text* of the page can be read without a scroll, uncovered."""
    page.wait_for(_READ, text)


def not_blank(picture: Path) -> bool:
    """Whether *picture* has more than one colour."""
    with Image.open(picture) as image:
        return image.getcolors(maxcolors=1) is None


def axe(page: Page, impacts: tuple[str, ...] = ("serious", "critical")) -> list[str]:
    """The faults that axe-core finds in the page: rule, impact, what is wrong, and the elements."""
    if not page.evaluate("'axe' in globalThis"):
        page.run((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found: list[str] = page.evaluate(_AXE, impacts)
    return found


def frames(page: Page, action: Callable[[], object]) -> list[float]:
    """Milliseconds from each frame to the next while *action* lasts: at least one."""
    page.evaluate(_WATCH)
    action()
    page.wait_for("timesOfFrames.length > 1")
    times = page.evaluate(_WATCHED)
    return [after - before for before, after in pairwise(times)]


def p95(times: list[float]) -> float:
    """What 95 of 100 *times* do not exceed."""
    return sorted(times)[ceil(len(times) * 0.95) - 1]
