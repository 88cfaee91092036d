"""Whatever is recorded is shown as text: no script in it runs, in no view of the page."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.inspector.attacks import payloads, strangers
from tests.inspector.attacks.serving import TOKEN, serving
from tests.live.thread import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import Receive, Scope, Send
    from tests.browser.visitor import Visitor
    from tests.inspector.attacks.serving import Target

pytestmark = pytest.mark.slow
APP = "tests.inspector.attacks.hostile_app:app"
# The title of each view, by its name in the address
VIEWS = {
    "sequence": "Sequence",
    "time": "Time line",
    "error": "Error",
    "conversation": "Conversation",
    "events": "Events",
    "request": "Request body",
    "response": "Response body",
    "layers": "Layers",
    "scope": "Scope",
}
# Notes each script that runs, and markup that would run one if the policy let it
_WATCH = """() => {
    globalThis.ran = [];
    globalThis.pwned = field => ran.push(field);
    globalThis.shown = "";
    globalThis.wait = async happened => {
        for (let n = 0; !happened(); n++) {
            if (n > 2000) throw new Error(`waited at ${location.hash} for ${happened}`);
            await new Promise(done => setTimeout(done, 10));
        }
    };
    globalThis.look = () => {
        shown += document.body.innerText + document.title + [...document.querySelectorAll(
            "[title], [aria-label]")].map(one => one.title + one.ariaLabel).join(" ");
        const bad = [...document.querySelectorAll("*")].filter(one =>
            one.matches("body :is(iframe, object, embed, base, meta, script, style, link)")
            || [...one.attributes].some(each => each.name.startsWith("on")
                || /^\\s*(javascript|data):/i.test(each.value)));
        ran.push(...bad.map(one => one.outerHTML));
    };
}"""
# Opens all that can be opened in each view of an exchange
_VISIT = """async (id, views, asks) => {
    document.title = "";
    location.hash = `#/x/${id}`;
    await wait(() => document.title.endsWith("· asgi-mw"));
    const labels = [...document.querySelectorAll("asgi-exchange [role=navigation] a")]
        .map(link => link.textContent);
    for (const [view, label] of Object.entries(views)) {
        if (!labels.some(each => each.startsWith(label))) continue;
        location.hash = `#/x/${id}/${view}`;
        await wait(() => document.querySelector("asgi-exchange [aria-current=page]")
            .textContent.startsWith(label));
        const panel = document.querySelector("asgi-exchange section");
        await wait(() => panel.innerText && !panel.innerText.includes("Loading…"));
        look();
        for (const one of panel.querySelectorAll("details")) one.open = true;
        for (const one of panel.querySelectorAll("[aria-expanded=false]")) one.click();
        look();
        const ways = panel.querySelectorAll("[aria-label='Show as'] button").length;
        for (let n = 0; n < ways; n++) {
            panel.querySelectorAll("[aria-label='Show as'] button")[n].click();
            await wait(() => panel.innerText);
            look();
        }
        for (const one of panel.querySelectorAll("[role=option], [role=row], svg [tabindex]")) {
            one.dispatchEvent(new MouseEvent("click", {bubbles: true}));
        }
        look();
    }
    if (asks) {
        [...document.querySelectorAll("button")].find(one => one.innerText === "Resend").click();
        await wait(() => document.querySelector("dialog[open]"));
        look();
        document.querySelector("dialog[open]").close();
    }
}"""
_TWO = """async (left, right) => {
    location.hash = `#/compare/${left}/${right}`;
    await wait(() => document.querySelector(`.m-bar [href="#/compare/${right}/${left}"]`));
    look();
}"""
_TEXT = "text => document.querySelector('main').innerText.includes(text)"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Record the attacks, with hypercorn and with uvicorn, into one store."""
    store = tmp_path_factory.mktemp("hostile")
    with serving("uvicorn", APP, store) as other, serving("hypercorn", APP, store) as target:
        strangers.attack(other.base, target.base)
        with contextlib.closing(strangers.waiting(target.base)):
            yield target


def exchanges(target: Target) -> list[dict[str, Any]]:
    """What is recorded, as the list has it."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    said = httpx.get(f"{target.page}api/exchanges", headers=headers, trust_env=False).json()
    return [dict(zip(said["columns"], one, strict=True)) for one in said["rows"]]


async def unsafe(scope: Scope, receive: Receive, send: Send) -> None:
    """A page that shows the recorded markup without escaping it."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
    )
    await send({"type": "http.response.body", "body": payloads.DOCUMENT.encode()})


def test_each_attack_runs_where_it_is_read_as_markup(visitor: Visitor) -> None:
    """This shows that the test would see a script that runs."""
    with served(unsafe) as port:
        page = visitor.open(f"http://127.0.0.1:{port}/")
        page.wait_for("fields => fields.every(one => ran.includes(one))", sorted(payloads.FIELDS))


def test_nothing_runs_in_any_view(visitor: Visitor, target: Target) -> None:
    """Yet each attack is visible as text, and the policy has nothing to forbid."""
    page = visitor.open(target.address)
    page.wait_for(_TEXT, "/parts")
    page.wait_for(_TEXT, "/wait/")
    page.evaluate(_WATCH)
    page.evaluate("look()")
    rows = exchanges(target)
    assert len(rows) > 15
    for row in rows:
        page.evaluate(_VISIT, row["id"], VIEWS, row["method"] not in {None, "", "GET"})
    for left, right in pairwise(rows):
        page.evaluate(_TWO, left["id"], right["id"])
    page.goto(f"{target.page}#/lanes")
    page.evaluate("look()")

    assert [] == page.evaluate("ran")
    shown = page.evaluate("shown").lower()
    assert [] == [field for field in sorted(payloads.FIELDS) if field not in shown]
    assert page.evaluate("document.title").endswith("asgi-mw")
