"""Other sites and other people can do nothing to the page of a user who has entered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.browser.page import Page
from tests.browser.web import empty_page
from tests.inspector.attacks.serving import TOKEN, serving
from tests.live.thread import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.visitor import Visitor
    from tests.inspector.attacks.serving import Target

pytestmark = pytest.mark.slow
APP = "tests.inspector.attacks.careless_app:app"
SECRET = "what-nobody-else-may-read"
ATTEMPTS = Path(__file__).with_name("attempts.js").read_text().partition("\n")[2]
BEARER = {"authorization": f"Bearer {TOKEN}"}
# The status of an answer, with more headers
_STATUS = """async (id, headers) =>
    (await fetch(`/__asgi__/api/exchanges/${id}`, {headers, credentials: "include"})).status"""
_POST = """async (more, token) => {
    const headers = {...more, "content-type": "application/json", "x-asgi-mw": "1"};
    const body = JSON.stringify({token});
    return (await fetch("/__asgi__/enter", {method: "POST", headers, body})).status;
}"""
_HAS = "text => document.documentElement.innerText.includes(text)"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Serve the page, over an app that protects nothing."""
    with serving("uvicorn", APP, tmp_path_factory.mktemp("careless")) as target:
        yield target


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """Serve empty pages under any name, on another port."""
    with served(empty_page) as port:
        yield port


@pytest.fixture
def exchange(target: Target) -> str:
    """Record a request with a secret; return its id."""
    httpx.get(f"{target.base}/{SECRET}", trust_env=False)
    return next(str(one["id"]) for one in rows(target) if one["path"] == f"/{SECRET}")


def rows(target: Target) -> list[dict[str, Any]]:
    """What is recorded, the newest first."""
    said = httpx.get(f"{target.page}api/exchanges", headers=BEARER, trust_env=False).json()
    found = [dict(zip(said["columns"], one, strict=True)) for one in said["rows"]]
    return [one for one in found if one["path"] != "/favicon.ico"]  # which the browser asks for


def enter(visitor: Visitor, target: Target) -> Page:
    """Open the address that is printed."""
    page = visitor.open(target.address)
    page.wait_for(_HAS, SECRET)
    return page


def complains(page: Page) -> None:
    """Accept the browser's complaints about what was refused."""
    page.settle()
    page.complaints.clear()


def tries(page: Page, target: Target, exchange: str, *, frames: bool = True) -> dict[str, Any]:
    """Make the attempts from *page*, with *frames* and forms in them."""
    given = {
        "page": target.page,
        "id": exchange,
        "token": TOKEN,
        "secret": SECRET,
        "frames": frames,
    }
    done: dict[str, Any] = page.evaluate(ATTEMPTS, given)
    return done


def framed(page: Page) -> list[dict[str, Any]]:
    """The frames of *page*."""
    [tree] = page.command("browsingContext.getTree", root=page.context)["contexts"]
    return list(tree["children"])


def opened_by(page: Page, target: Target) -> dict[str, Any] | None:
    """The window that *page* opened."""
    every = page.command("browsingContext.getTree")["contexts"]
    known = page.visitor.pages
    found = [one for one in every if one["context"] not in known and target.page in one["url"]]
    return found[0] if found else None


def text_of(page: Page, frame: dict[str, Any]) -> str:
    """The text in a frame of *page*."""
    within = Page(page.visitor, frame["context"])
    return str(within.evaluate("document.documentElement.textContent"))


def are_known(page: Page, frames: list[dict[str, Any]]) -> bool:
    """Whether the browser's driver can look into all *frames* of *page*.

    The driver of chromium sometimes misses for good that a frame has moved to another process.
    """
    realms = page.command("script.getRealms")["realms"]
    return {one["context"] for one in frames} <= {one.get("context") for one in realms}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "evil.test"])
def test_another_origin_gains_and_changes_nothing(
    visitor: Visitor, target: Target, elsewhere: int, exchange: str, host: str
) -> None:
    """The port differs (browsers send the cookie there all the same), or the name, or the site."""
    enter(visitor, target)
    before = rows(target)
    for _ in range(10):
        page = visitor.open(f"http://{host}:{elsewhere}/")
        done = tries(page, target, exchange)
        complains(page)
        assert {} == done["gained"]
        frames = framed(page)
        if are_known(page, frames):
            break
    shown = [text_of(page, one) for one in frames]
    assert (8, []) == (len(shown), [one for one in shown if SECRET in one or "asgi-mw" in one])
    assert before == rows(target)
    httpx.get(f"{target.base}/after", trust_env=False)
    assert "/after" == rows(target)[0]["path"]


def test_the_attempts_succeed_where_nobody_refuses(
    visitor: Visitor, target: Target, exchange: str
) -> None:
    """A page of the app has the page's own origin."""
    enter(visitor, target)
    page = visitor.open(target.base)
    done = tries(page, target, exchange, frames=False)
    complains(page)

    gained = set(done["gained"])
    assert {"script main.js", "style base.css", "picture icon.svg", "feed"} < gained
    assert SECRET in done["gained"]["fetch api/exchanges"]
    posts = ("enter", "api/keep", "api/recording", "api/resend")
    assert {f"post {one}" for one in posts} == {one for one in gained if one.startswith("post ")}
    assert [] == [one for one in gained if one.startswith("plain")]
    assert rows(target)[0]["path"] == f"/{SECRET}"  # sent again
    assert [True] == [one["kept"] for one in rows(target) if one["id"] == exchange]
    headers = {**BEARER, "x-asgi-mw": "1"}
    on = httpx.post(f"{target.page}api/recording", json={"on": True}, headers=headers)
    assert {"version": 1, "on": True} == on.json()


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.test"])
def test_a_window_that_another_origin_opens_cannot_be_read(
    visitor: Visitor, target: Target, elsewhere: int, exchange: str, host: str
) -> None:
    """It shows the page, but the two do not know each other."""
    enter(visitor, target)
    page = visitor.open(f"http://{host}:{elsewhere}/")
    page.evaluate("url => void (globalThis.opened = open(url))", f"{target.page}#/x/{exchange}")
    tree = page.until(lambda: opened_by(page, target), "the window")
    window = Page(visitor, tree["context"])
    # Firefox shows the entrance to a user who comes from another site
    window.wait_for(_HAS, SECRET if host == "127.0.0.1" else "asgi-mw")

    window.wait_for("opener === null")
    assert SECRET not in page.evaluate("""() => {
        try { return opened.document.documentElement.innerText; } catch { return "refused"; }
    }""")
    assert [True, 0] == page.evaluate("[opened.closed, opened.length]")


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test"])
def test_a_name_that_points_here_gains_nothing(
    visitor: Visitor, target: Target, exchange: str, host: str
) -> None:
    """DNS rebinding: the attacker's origin leads to our server; the token does not help."""
    enter(visitor, target)
    here = target.base.replace("127.0.0.1", host)
    page = visitor.open(f"{here}/plain")
    assert [403, 403] == [page.evaluate(_STATUS, exchange, given) for given in ({}, BEARER)]
    assert [403, 403] == [page.evaluate(_POST, given, TOKEN) for given in ({}, BEARER)]
    complains(page)
    page = visitor.open(f"{here}/__asgi__/enter#token={TOKEN}")
    assert not page.evaluate(_HAS, SECRET)
    assert [] == [one for one in page.cookies().values() if host in one["domain"]]
    complains(page)


def test_a_name_of_this_machine_is_let_in(visitor: Visitor, target: Target, exchange: str) -> None:
    """It needs the token; no other site can have such a name (RFC 6761 6.3)."""
    here = target.base.replace("127.0.0.1", "shop.localhost")
    page = visitor.open(f"{here}/plain")
    assert [401, 200] == [page.evaluate(_STATUS, exchange, given) for given in ({}, BEARER)]
    assert 200 == page.evaluate(_POST, {}, TOKEN)
    complains(page)


def test_an_address_without_the_token_is_worth_nothing(
    visitor: Visitor, visitors: Callable[[], Visitor], target: Target, exchange: str
) -> None:
    """The token is gone from the address bar and the history; the cookie stays in the browser."""
    page = enter(visitor, target)
    assert target.page == page.evaluate("location.href")
    page.goto(f"{target.page}#/x/{exchange}/scope")
    page.wait_for("document.querySelector('asgi-exchange section')?.innerText")
    copied = page.evaluate("location.href")
    cookie = page.cookies()["asgi-mw-" + target.base.rpartition(":")[2]]
    assert [True, "strict", "/__asgi__"] == [
        cookie[key] for key in ("httpOnly", "sameSite", "path")
    ]
    page.back()
    page.settle()
    assert TOKEN not in page.evaluate("location.href + document.referrer")

    stranger = visitors()
    for address in (copied, target.page, f"{target.page}enter", f"{target.page}enter#token=guess"):
        shown = stranger.open(address)
        shown.wait_for("document.querySelector('[role=status]').textContent")
        assert 401 == shown.evaluate(_STATUS, exchange, {})
        assert not shown.evaluate(_HAS, SECRET)
        assert {} == shown.cookies()
        complains(shown)
