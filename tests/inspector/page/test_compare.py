"""Two exchanges beside each other: the answer in a sentence, then what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.inspector.page.api import identity, overflows
from tests.recorder.made import made

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from asgi_mw.events import Exchange
    from tests.inspector.page.api import Api


def compared(tab: Page, api: Api, left: Exchange, right: Exchange) -> str:
    """Show both, and give the answer."""
    api.exchanges.update({one.id: one for one in (left, right)})
    tab.goto(f"{api.url}#/compare/{left.id}/{right.id}")
    return tab.locator(".m-compare .m-answer").inner_text()


def rows(tab: Page, title: str) -> list[str]:
    """The rows of a table that are seen, in one line each."""
    table = tab.locator("section", has=tab.get_by_role("heading", name=title))
    found = table.locator("tbody tr").filter(visible=True).all_inner_texts()
    return [" ".join(text.split()) for text in found]


def test_what_differs_is_shown_and_sides_are_swapped(tab: Page, api: Api) -> None:
    """The address says both sides, in their order, and going back undoes the swap."""
    left = made(1, sent=[(b"a", b"1"), (b"gone", b"1")])
    right = made(2, status=404, sent=[(b"a", b"2"), (b"new", b"1")])
    answer = compared(tab, api, left, right)
    assert answer == "Status 200 → 404, same body, 3 headers differ, as fast."
    assert rows(tab, "Response headers") == [
        "≠ changed a 1 2",
        "\N{MINUS SIGN} removed gone 1 \N{EN DASH}",
        "+ added new \N{EN DASH} 1",
    ]
    tab.get_by_role("link", name="Swap sides").click()
    expect(tab.locator(".m-answer")).to_contain_text("Status 404 → 200")
    assert tab.evaluate("location.hash") == f"#/compare/{right.id}/{left.id}"
    tab.go_back()
    expect(tab.locator(".m-answer")).to_contain_text("Status 200 → 404")


def test_what_is_the_same_or_usually_differs_is_folded_away(tab: Page, api: Api) -> None:
    """A button shows it."""
    body = b'{\n"at": "2026-01-02T03:04:0%dZ",\n"n": 1}'
    left, right = (made(n, response=body % n, sent=[(b"date", b"%d" % n)]) for n in (1, 2))
    assert compared(tab, api, left, right) == "Same status 200, same body, as fast."
    assert rows(tab, "Response headers") == rows(tab, "Scope") == []
    usual = tab.locator(".m-lines .m-usual")
    expect(usual).to_contain_text("2026-01-02T03:04:01Z")
    expect(usual.locator("span").last).to_be_hidden()
    button = tab.get_by_role("button", name="Show what usually differs (6)")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(usual.locator("span").last).to_contain_text("2026-01-02T03:04:02Z")
    assert rows(tab, "Response headers") == ["≈ usual date 1 2"]
    tab.get_by_role("button", name="Show what is the same").click()
    assert "http_version 1.1 1.1" in rows(tab, "Scope")


def test_bodies_differ_by_lines(tab: Page, api: Api) -> None:
    """Lines that are the same are counted."""
    left = b'{"a":[1,2,3,4,5,6,7,8]}'
    compared(tab, api, made(1, response=left), made(2, response=left.replace(b"1", b"0")))
    lines = tab.locator(".m-lines > div").filter(visible=True).all_inner_texts()
    assert [" ".join(line.split()) for line in lines] == [
        "{",
        '"a": [',
        "\N{MINUS SIGN} removed 1,",
        "+ added 0,",
        "2,",
        "3,",
        "7 lines the same",
    ]


def test_one_that_is_gone_is_said(tab: Page, api: Api) -> None:
    """An id that the store no longer has shows what the server says."""
    tab.goto(f"{api.url}#/compare/{identity(1)}/{identity(5)}")
    expect(tab.get_by_role("alert")).to_have_text(
        "These two cannot be compared: no exchange has this id. All exchanges"
    )


def test_an_answer_that_breaks_off_is_said(tab: Page, api: Api) -> None:
    """Half of an answer does not count as one."""
    api.half["/api/compare"] = True
    tab.goto(f"{api.url}#/compare/{identity(1)}/{identity(5)}")
    expect(tab.get_by_role("alert")).to_contain_text("These two cannot be compared: ")


def test_one_can_leave_before_all_of_the_answer_is_there(tab: Page, api: Api) -> None:
    """The half-read answer is forgotten, and the next two exchanges are shown."""
    api.half["/api/compare"] = False
    with tab.expect_response("**/api/compare*"):
        tab.goto(f"{api.url}#/compare/{identity(1)}/{identity(5)}")
    api.half.clear()
    assert compared(tab, api, made(1), made(2)) == "Same status 200, same body, as fast."


def test_hostile_values_are_text_and_fit_a_narrow_window(tab: Page, api: Api) -> None:
    """Nothing in names, values and bodies runs, and at 400 px nothing is cut off to the right."""
    tab.set_viewport_size({"width": 400, "height": 700})
    script, long = "<img src=x onerror=alert(1)>", b"a" * 300
    name = script.encode()
    left = made(1, path=script + "a" * 300, sent=[(name, name), (b"x", long)], response=name)
    right = made(
        2, path="/x", sent=[(name, b"\x1b"), (b"x", long + b"b")], response=b"\x1b<script>"
    )
    compared(tab, api, left, right)
    assert rows(tab, "Response headers")[0] == f"≠ changed {script} {script} \\u001b"
    expect(tab.locator("main img, main script")).to_have_count(0)
    assert not overflows(tab)
