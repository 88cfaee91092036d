"""Two exchanges compared: the answer in a sentence, then part by part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.events import Event
from asgi_mw.recorder.comparing import compared
from tests.recorder.made import MS, made

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def part(title: str, left: Exchange, right: Exchange) -> dict[str, Any]:
    """One part of what is said of both."""
    [found] = [one for one in compared(left, right)["parts"] if one["title"] == title]
    return dict(found)


def differing(title: str, left: Exchange, right: Exchange) -> list[list[str | None]]:
    """The rows of a part, without those that are the same."""
    return [row for row in part(title, left, right)["rows"] if row[0] != "same"]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "Same status 200, same body, as fast."),
        ({"status": 500}, "Status 200 → 500, same body, as fast."),
        ({"took": 52}, "Same status 200, same body, 40.0 ms slower."),
        ({"took": 2}, "Same status 200, same body, 10.0 ms faster."),
        ({"events": (), "ended": None, "outcome": None}, "Status 200 → none, outcome complete → "),
        ({"response": b'{"a": 2, "b": 1}'}, "Same status 200, body differs in 1 line, as fast."),
        ({"response": b"\xff"}, "Same status 200, body differs, as fast."),
        ({"request": b"1\n2"}, "Same status 200, request body differs in 2 lines, same body, "),
        (
            {"outcome": "error", "sent": [(b"x-a", b"2")]},
            "Same status 200, outcome complete → error, same body, 1 header differs, as fast.",
        ),
    ],
)
def test_the_answer_is_a_sentence(changes: dict[str, Any], answer: str) -> None:
    """Of status, outcome, bodies, headers and time."""
    same: dict[str, Any] = {"response": b'{"a": 1, "b": 1}', "sent": [(b"x-a", b"1")]}
    said = compared(made(1, **same), made(2, **{**same, **changes}))["answer"]
    assert said.startswith(answer)


def test_an_exchange_is_as_itself() -> None:
    """All rows of all parts."""
    one = made(headers=[(b"host", b"a")], request=b"x")
    found = compared(one, one)

    assert {"same"} == {row[0] for part in found["parts"] for row in part.get("rows", [])}
    assert (0, [0] * 7) == (found["usual"], [part["differ"] for part in found["parts"]])
    assert {"id": one.id, "title": "GET /orders"} == found["left"] == found["right"]


def test_headers_are_compared_by_name() -> None:
    """Their order does not count, how often and what they say does."""
    cookies = [(b"set-cookie", b"x"), (b"set-cookie", b"y")]
    left = made(1, sent=[(b"a", b"1"), *cookies, (b"gone", b"1")])
    right = made(2, sent=[cookies[0], (b"set-cookie", b"z"), (b"A", b"1"), (b"new", b"1")])
    assert [
        ["changed", "set-cookie", "x\ny", "x\nz"],
        ["removed", "gone", "1", None],
        ["added", "new", None, "1"],
    ] == differing("Response headers", left, right)


def test_what_usually_differs_is_no_difference() -> None:
    """Dates, ids, ports and moments, in headers, scope and bodies."""
    body = b'{"at": "2026-01-02T03:04:0%dZ", "id": "00000000-0000-4000-8000-00000000000%d"}'
    date = b"Fri, 02 Jan 2026 03:04:0%d GMT"
    left, right = (
        made(n, response=body % (n, n), sent=[(b"date", date % n), (b"last-modified", date % n)])
        for n in (1, 2)
    )
    found = compared(left, right)

    assert "Same status 200, same body, as fast." == found["answer"]
    assert {0} == {one["differ"] for one in found["parts"]}
    assert [
        ["usual", "client", '["127.0.0.1", 50001]', '["127.0.0.1", 50002]'],
    ] == differing("Scope", left, right)
    assert ["usual", "usual"] == [row[0] for row in differing("Response headers", left, right)]
    lines = part("Response body", left, right)["lines"]
    assert ["same", "usual", "usual", "same"] == [line[0] for line in lines]
    assert ["usual", '  "at": "2026-01-02T03:04:01Z",', '  "at": "2026-01-02T03:04:02Z",'] == lines[
        1
    ]


def test_events_are_aligned() -> None:
    """What one has and the other has not is beside nothing; the rest stays beside its like."""
    left, right = made(1), made(2, status=404)
    gone = Event("receive", 9 * MS, 10 * MS, {"type": "http.disconnect"})
    right = replace(right, events=(right.events[0], gone, *right.events[1:]))

    assert "1 event without a counterpart" in compared(left, right)["answer"]
    assert [
        ["added", "→ http.disconnect", None, "at 9.0 ms"],
        ["changed", "← http.response.start", "200 at 2.0 ms", "404 at 2.0 ms"],
    ] == differing("Events", left, right)


def test_messages_of_a_websocket_are_events() -> None:
    """By what they say."""

    def talk(number: int, text: str) -> Exchange:
        said = Event("send", MS, 2 * MS, {"type": "websocket.send", "text": text}, len(text))
        waiting = Event("receive", 2 * MS, None, {})
        return made(number, kind="websocket", events=(said, waiting))

    assert [["changed", "← websocket.send", "1 B a at 1.0 ms", "2 B bb at 1.0 ms"]] == differing(
        "Events", talk(1, "a"), talk(2, "bb")
    )
    [body] = differing("Events", made(1, response=b"1"), made(2, response=b"2"))
    assert ["1 B at 3.0 ms", "1 B at 3.0 ms, with other content"] == body[2:]


def test_of_many_rows_those_that_differ_are_given() -> None:
    """Four hundred at most; how many are left out is said."""
    sent = Event("send", MS, 2 * MS, {"type": "websocket.send"})
    came = Event("receive", MS, 2 * MS, {"type": "websocket.receive"})
    found = part(
        "Events", made(1, events=[sent] * 300), made(2, events=[sent] * 300 + [came] * 500)
    )

    assert (400, 100, 500) == (len(found["rows"]), found["left_out"], found["differ"])
    assert {"added"} == {row[0] for row in found["rows"]}
