"""Two exchanges are compared: the answer in a sentence, then event by event."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.inspector.page.api import exchange, identity, overflows

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.inspector.page.api import Api


def compared(tab: Page, api: Api, left: dict[str, Any], right: dict[str, Any]) -> str:
    """Show both, and give the answer."""
    api.exchanges.update({one["id"]: one for one in (left, right)})
    tab.goto(f"{api.url}#/compare/{left['id']}/{right['id']}")
    return tab.locator(".m-compare .m-answer").inner_text()


def rows(tab: Page, title: str) -> list[str]:
    """The rows of a table that are seen, in one line each."""
    table = tab.locator("section", has=tab.get_by_role("heading", name=title))
    found = table.locator("tbody tr").filter(visible=True).all_inner_texts()
    return [" ".join(text.split()) for text in found]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "Same status 200, same body, as fast."),
        ({"status": 500}, "Status 200 → 500, same body, as fast."),
        ({"duration_ms": 52.0}, "Same status 200, same body, 40.0 ms slower."),
        ({"duration_ms": 2.0}, "Same status 200, same body, 10.0 ms faster."),
        (
            {"response": b'{"a": 2, "b": 1}'},
            "Same status 200, body differs in 1 line, as fast.",
        ),
        (
            {"outcome": "error", "sent": [["x-a", "2"]]},
            "Same status 200, outcome complete → error, same body, 1 header differs, as fast.",
        ),
    ],
)
def test_the_answer_comes_first(tab: Page, api: Api, changes: dict[str, Any], answer: str) -> None:
    """One sentence says status, outcome, bodies, headers and time."""
    same = {"response": b'{"a": 1, "b": 1}', "sent": [["x-a", "1"]]}
    assert compared(tab, api, exchange(1, **same), exchange(2, **{**same, **changes})) == answer
    expect(tab.locator(".m-answer")).to_be_in_viewport()


def test_headers_are_compared_by_name(tab: Page, api: Api) -> None:
    """Their order does not count, how often and what they say does."""
    left = exchange(1, sent=[["a", "1"], ["set-cookie", "x"], ["set-cookie", "y"], ["gone", "1"]])
    right = exchange(2, sent=[["set-cookie", "x"], ["set-cookie", "z"], ["A", "1"], ["new", "1"]])
    assert "3 headers differ" in compared(tab, api, left, right)
    assert rows(tab, "Response headers") == [
        "≠ changed set-cookie x y x z",
        "\N{MINUS SIGN} removed gone 1 \N{EN DASH}",
        "+ added new \N{EN DASH} 1",
    ]


def test_what_usually_differs_is_folded_away(tab: Page, api: Api) -> None:
    """Dates, ids, ports and moments are no difference, and are shown when asked for."""
    body = b'{"at": "2026-01-02T03:04:0%dZ", "id": "00000000-0000-4000-8000-00000000000%d"}'
    sent = ["date", "Fri, 02 Jan 2026 03:04:0%d GMT"]
    left, right = (
        exchange(n, response=body % (n, n), sent=[[sent[0], sent[1] % n]]) for n in (1, 2)
    )
    assert compared(tab, api, left, right) == "Same status 200, same body, as fast."
    assert rows(tab, "Response headers") == rows(tab, "Scope") == []
    usual = tab.get_by_role("button", name="Show what usually differs (8)")
    expect(usual).to_have_attribute("aria-pressed", "false")
    usual.click()
    expect(usual).to_have_attribute("aria-pressed", "true")
    (date,) = rows(tab, "Response headers")
    assert date.startswith("≈ noise date Fri, 02 Jan")
    (client,) = rows(tab, "Scope")
    assert client == '≈ noise client ["127.0.0.1",50001] ["127.0.0.1",50002]'
    expect(tab.locator(".m-lines .m-noise")).to_have_count(2)


def test_bodies_differ_by_lines(tab: Page, api: Api) -> None:
    """JSON is laid out first, numbers stay as they were written, what is the same is counted."""
    left = b'{"a":[1,2,3,4,5,6,7,8],"n":12345678901234567890,"s":"{,}"}'
    right = left.replace(b"7890,", b"7891,").replace(b"[1,", b"[0,")
    answer = compared(tab, api, exchange(1, response=left), exchange(2, response=right))
    assert answer == "Same status 200, body differs in 2 lines, as fast."
    lines = tab.locator(".m-lines > div").filter(visible=True).all_inner_texts()
    assert [" ".join(line.split()) for line in lines] == [
        "{",
        '"a": [',
        "\N{MINUS SIGN} removed 1,",
        "+ added 0,",
        "2,",
        "3,",
        "4 lines the same",
        "8",
        "],",
        '\N{MINUS SIGN} removed "n": 12345678901234567890,',
        '+ added "n": 12345678901234567891,',
        '"s": "{,}"',
        "}",
    ]


def test_long_bodies_are_compared_by_digest(tab: Page, api: Api) -> None:
    """Above 200 kB only sizes and digests are shown, and whether they differ."""
    left, right = b"a" * 200_001, b"a" * 200_000 + b"b"
    answer = compared(tab, api, exchange(1, response=left), exchange(2, response=right))
    assert answer == "Same status 200, body differs, as fast."
    section = tab.locator("section", has=tab.get_by_role("heading", name="Response body"))
    expect(section).to_contain_text("200 kB, SHA-256 ")
    expect(section.locator(".m-lines")).to_have_count(0)


def test_the_rest_of_a_body_is_fetched(tab: Page, api: Api) -> None:
    """Where the page has the beginning only, the whole is compared."""
    both = [exchange(number, response=b"begin") for number in (1, 2)]
    for one, whole in zip(both, (b"begin\nx", b"begin\ny"), strict=True):
        one["events"][2].update(bytes=7, payload={"bytes": 7, "cut": True, "url": "x"})
        api.bodies[one["id"], "send"] = whole
    assert compared(tab, api, *both) == "Same status 200, body differs in 1 line, as fast."


def test_events_are_aligned(tab: Page, api: Api) -> None:
    """What one has and the other has not is beside nothing; the rest stays beside its like."""
    left, right = exchange(1), exchange(2)
    extra = {**left["events"][0], "message": {"type": "http.disconnect"}, "called_ms": 9.0}
    right["events"].insert(1, extra)
    right["events"][2]["message"]["status"] = 404
    assert "1 event without a counterpart" in compared(tab, api, left, right)
    assert rows(tab, "Events") == [
        "+ added → http.disconnect \N{EN DASH} at 9.0 ms",
        "≠ changed ← http.response.start 200 at 2.0 ms 404 at 2.0 ms",
    ]


def test_sides_are_swapped_by_a_link(tab: Page, api: Api) -> None:
    """The address of the page says both sides, in their order, and going back undoes it."""
    left, right = exchange(1), exchange(2, status=404)
    assert compared(tab, api, left, right).startswith("Status 200 → 404")
    tab.get_by_role("link", name="Swap sides").click()
    expect(tab.locator(".m-answer")).to_contain_text("Status 404 → 200")
    assert tab.evaluate("location.hash") == f"#/compare/{right['id']}/{left['id']}"
    tab.go_back()
    expect(tab.locator(".m-answer")).to_contain_text("Status 200 → 404")


def test_one_that_is_gone_is_said(tab: Page, api: Api) -> None:
    """An id that the store no longer has shows what the server says."""
    api.exchanges[identity(1)] = exchange(1)
    tab.goto(f"{api.url}#/compare/{identity(1)}/{identity(5)}")
    expect(tab.get_by_role("alert")).to_have_text(
        "These two cannot be compared: no exchange has this id. All exchanges"
    )


def test_hostile_values_are_text(tab: Page, api: Api) -> None:
    """Names, values and bodies are shown as they are, and nothing in them runs."""
    script = "<img src=x onerror=alert(1)>"
    left = exchange(1, path=script, sent=[[script, script]], response=script.encode())
    right = exchange(2, path="/x", sent=[[script, "\x1b"]], response=b"\x1b<script>")
    compared(tab, api, left, right)
    assert rows(tab, "Response headers") == [f"≠ changed {script} {script} \\u001b"]
    expect(tab.locator("main img, main script")).to_have_count(0)


def test_it_fits_a_narrow_window(tab: Page, api: Api) -> None:
    """At 400 px nothing is cut off to the right, with values that have no space."""
    tab.set_viewport_size({"width": 400, "height": 700})
    left, right = (exchange(n, sent=[["x-a", f"{n}" * 500]], path="/" + "a" * 300) for n in (1, 2))
    compared(tab, api, left, right)
    assert not overflows(tab)


def test_the_shortest_difference_is_found(tab: Page) -> None:
    """Random lists: the steps lead from left to right, and are as few as can be."""
    chance = random.Random(7)  # no secret
    lists = [[chance.choices("abc", k=chance.randrange(9)) for _ in range(2)] for _ in range(60)]
    found = tab.evaluate(
        """async (lists) => {
          const {diff} = await import("/more/diff.js");
          return Promise.all(lists.map(([left, right]) => diff(left, right)));
        }""",
        lists,
    )
    for (left, right), steps in zip(lists, found, strict=True):
        assert [left[a] for kind, a, _ in steps if kind != "added"] == left
        assert [right[b] for kind, _, b in steps if kind != "removed"] == right
        assert sum(kind == "same" for kind, _, _ in steps) == _common(left, right)


def _common(left: list[str], right: list[str]) -> int:
    """The length of the longest common subsequence, by the table."""
    last = [0] * (len(right) + 1)
    for one in left:
        row = [0]
        for at, other in enumerate(right):
            row.append(last[at] + 1 if one == other else max(row[at], last[at + 1]))
        last = row
    return last[-1]
