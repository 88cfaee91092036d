"""A recorded request is sent again; if it may change something, the page asks before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.inspector.page.api import exchange, identity

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.inspector.page.api import Api

NEW = identity(9)


UNSURE = (409, {"error": "confirm it", "confirm": True})


def given(api: Api, **changes: Any) -> dict[str, Any]:
    """Put one exchange there, and the answer to sending it again."""
    one = exchange(1, headers=[["host", "shop.example"]], **changes)
    api.exchanges.update({one["id"]: one, NEW: exchange(9)})
    api.answers["resend"] = (200, {"id": NEW}) if one["method"] == "GET" else UNSURE
    return one


def asked(tab: Page, api: Api) -> Locator:
    """Wait for the question; after it, the request is sent."""
    box = tab.get_by_role("dialog", name="Send this request again?")
    box.wait_for()
    api.answers["resend"] = (200, {"id": NEW})
    return box


def start(tab: Page, one: object) -> None:
    """Start to send it again, and go on: any question is on the page."""
    tab.evaluate(
        """async (one) => {
          const {resend} = await import("/more/resend.js");
          window.sent = resend(one).then((id) => (window.done = [id]));
        }""",
        one,
    )


def outcome(tab: Page) -> object:
    """The value of its promise."""
    return tab.evaluate("window.sent.then(() => window.done[0])")


def test_a_safe_request_is_sent_at_once(tab: Page, api: Api) -> None:
    """A GET is sent without a question; the page shows the new one and offers to compare both."""
    one = given(api)
    start(tab, one["id"])
    assert outcome(tab) == NEW
    assert api.posted == [("resend", {"id": one["id"], "confirm": False})]
    assert tab.evaluate("location.hash") == f"#/x/{NEW}"
    offer = tab.get_by_role("link", name="Compare with the one before")
    expect(offer).to_be_in_viewport()
    offer.click()
    assert tab.evaluate("location.hash") == f"#/compare/{one['id']}/{NEW}"
    expect(offer).to_have_count(0)


def test_an_unsafe_one_is_asked_about(tab: Page, api: Api) -> None:
    """If the server wants to be sure, the page shows what it would send; Cancel has the focus."""
    one = given(api, method="POST", request=b"x" * 1234, redacted=["scope cookie"])
    start(tab, one)
    box = asked(tab, api)
    for fact in ("POST /orders, 1.2 kB", f"Recorded {one['began']} by process 41 of box."):
        expect(box).to_contain_text(fact)
    expect(box).to_contain_text("Masked when it was recorded: scope cookie.")
    expect(tab.get_by_role("button", name="Cancel")).to_be_focused()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert outcome(tab) == NEW
    assert [posted["confirm"] for _, posted in api.posted] == [False, True]


def test_escape_sends_nothing(tab: Page, api: Api) -> None:
    """Escape and Cancel close the question, nothing is sent, the page stays where it is."""
    one = given(api, method="DELETE")
    start(tab, one["id"])
    tab.get_by_role("dialog").wait_for()
    tab.keyboard.press("Escape")
    assert outcome(tab) is None
    start(tab, one)
    tab.get_by_role("button", name="Cancel").click()
    assert outcome(tab) is None
    assert [posted["confirm"] for _, posted in api.posted] == [False, False]
    assert tab.evaluate("location.hash") == "#/nothing"
    expect(tab.get_by_role("dialog")).to_have_count(0)


def test_what_went_wrong_is_said(tab: Page, api: Api) -> None:
    """A refusal is shown in the words of the server."""
    given(api)
    api.answers["resend"] = (403, {"error": "<b>off</b>: start with resend=True"})
    start(tab, identity(1))
    box = tab.get_by_role("dialog", name="It was not sent again")
    expect(box).to_contain_text("<b>off</b>: start with resend=True")
    box.get_by_role("button", name="Close").click()
    assert outcome(tab) is None


def test_hostile_values_are_text(tab: Page, api: Api) -> None:
    """Method, path and host are shown, and nothing in them runs."""
    script = "<img src=x onerror=alert(1)>"
    start(tab, given(api, method=script, path=f"/{script}\u202e"))
    asked(tab, api)
    expect(tab.locator("dialog .mono")).to_contain_text(f"{script} /{script}\\u202e")
    expect(tab.locator("dialog img")).to_have_count(0)
