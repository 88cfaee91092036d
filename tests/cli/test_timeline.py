"""The time line tells when each call was made, when it returned, and what it carried."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.timeline import time_line
from asgi_mw.events import Event
from asgi_mw.missing import Missing
from asgi_mw.notes import Note
from tests.cli.facts import EXCHANGE, FAILED, IN_FLIGHT, MS, NOTED, SWALLOWED, WORKED_ON, sent

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def shown(exchange: Exchange, *, full: bool = False) -> list[str]:
    """The lines without their styles and without the blanks at their ends."""
    return ["".join([t for t, _ in line]).rstrip() for line in time_line(exchange, full=full)]


def test_a_complete_exchange() -> None:
    """Binary as hex, text as text, headers below their message, the end in its place."""
    assert [
        "CALLED  RETURNED  AWAITED                            EVENT",
        " 1.000     5.000    4.000    ━━━━━━━━━━              → receive  http.request  3 B",
        "                                                     │ ff 00 01",
        (
            " 6.000     7.000    1.000                ━━          ← send  http.response.start"
            "  status=201"
        ),
        "                                                     │ x: 1",
        " 8.000    10.000    2.000                     ━━━━━  ← send  http.response.body  9 B",
        "                                                     │ two",
        "                                                     │ lines",
        "10.000                                               ● complete",
    ] == shown(EXCHANGE)


def test_a_failure() -> None:
    """What a call raised stands with it, what left the app behind the end."""
    assert [
        "CALLED  RETURNED  AWAITED                            EVENT",
        (
            " 2.000     4.000    2.000          ━━━━━━━━          ← send  http.response.start"
            "  status=500  ✗ raised OSError"
        ),
        " 5.000                                               ● error",
        (
            " 6.000                                               ✗ app.Oops left the app:"
            " it broke\x1b[31m"
        ),
    ] == shown(FAILED)


def test_what_the_app_did_behind_the_response() -> None:
    """Both moments are there: when the response was over, and when the app returned."""
    assert [
        "   10.000                                               ● complete",
        "2,010.000                                               ● app returned",
    ] == shown(WORKED_ON)[-2:]


def test_while_the_app_is_at_work_behind_the_response() -> None:
    """The one moment is there."""
    last = shown(replace(WORKED_ON, returned=None, outcome=None))[-1]
    assert "10.000                                               ● response over" == last


def test_what_was_swallowed() -> None:
    """It did not leave the app, which returned."""
    assert [
        (5.0, "✗ KeyError was swallowed by the app: '7'"),
        (10.0, "● complete"),
        (11.0, "● app returned"),
    ] == [
        (float(line[:6]), line[6:].strip())
        for line in shown(SWALLOWED)
        if "●" in line or "✗" in line
    ]


def test_what_is_awaited_has_no_end() -> None:
    """Concurrent calls that did not return yet reach to the end of the line."""
    assert [
        "CALLED  RETURNED  AWAITED                            EVENT",
        (
            " 1.000         …        …              ━━━━━━━━━━━━  ← send  http.response.body"
            "  more_body=True"
        ),
        " 2.000         …        …                         ━  → receive  (awaited now)",
    ] == shown(IN_FLIGHT)


def test_of_many_events_the_middle_is_left_out() -> None:
    """Unless all are asked for."""
    message = {"type": "websocket.send", "text": "x"}
    many = replace(EXCHANGE, events=tuple(sent(n, n, message) for n in range(500)), ended=None)
    lines = shown(many)
    assert (1 + 2 * 80 + 1, 1 + 2 * 500) == (len(lines), len(shown(many, full=True)))
    assert "… 420 events more, shown with --full" == lines[1 + 2 * 60].strip()


def test_notes_stand_between_the_events() -> None:
    """When they began, how long they took, and of a block who was to blame."""
    assert [
        " 0.000     9.000    9.000  ━━━━━━━━━━━━━━━━━━━━━     · span  GET /upload",
        " 2.000                                               · log  warning  sold out",
        " 3.000     4.000    1.000         ━━                 · measure  db",
        " 5.000         …        …              ━━━━━━━━━━━━  · call  GET https://example.org/",
        (
            " 5.000     6.000    1.000              ━━            · call  GET https://example.org/"
            "  404"
        ),
        (
            " 5.000     6.000    1.000              ━━            · call  GET https://x.test/"
            "  ✗ ConnectError"
        ),
        " 7.000     9.000    2.000                  ━━━━━     · loop blocked  totals (shop.py:7)",
        "                                                     │ a",
        "                                                     │ b",
    ] == [line for line in shown(NOTED) if "·" in line or line.endswith(("│ a", "│ b"))]


def test_all_of_a_note_is_there_if_asked_for() -> None:
    """Its details below it, a traceback as it is."""
    lines = [line.strip() for line in shown(NOTED, full=True)]
    at = next(place for place, line in enumerate(lines) if line.endswith("sold out"))
    assert ["│ logger: shop", "│ No", "│ way"] == lines[at + 1 : at + 4]


def test_of_many_notes_the_middle_is_left_out() -> None:
    """Unless all are asked for."""
    notes = tuple(Note("log", n * MS, None, str(n)) for n in range(500))
    many = replace(EXCHANGE, events=(), ended=None, notes=notes)
    lines = shown(many)
    assert (1 + 80 + 1, 1 + 500) == (len(lines), len(shown(many, full=True)))
    assert "… 420 notes more, shown with --full" == lines[1 + 60].strip()


def test_a_gap_is_shown_in_its_place() -> None:
    """Where events were not kept, the line says so."""
    lines = shown(replace(EXCHANGE, gap=1))
    assert "… events are missing here" == lines[3].strip()
    missing = Missing(0, 162_000_000, 1, 2, 0, 5_130_000_000)
    lines = shown(replace(EXCHANGE, gap=1, missing=missing))
    assert "… events are missing here: 162 MB out, awaiting send 5.13 s" == lines[3].strip()


def test_a_long_body_is_cut_unless_all_is_asked_for() -> None:
    """Eight lines, or the first bytes, and how much more there is."""
    text = b"\n".join([b"a" * 500] * 20)
    event = sent(8, 10, {"type": "http.response.body", "body": text})
    lines = shown(replace(EXCHANGE, events=(event,), ended=None))
    assert [8, "│ … 12 lines more"] == [
        sum(line.endswith("a…") for line in lines),
        lines[-1].strip(),
    ]
    full = shown(replace(EXCHANGE, events=(event,), ended=None), full=True)
    assert 20 == sum(line.endswith("│ " + "a" * 500) for line in full)


def test_a_character_cut_in_two_is_no_reason_for_hex() -> None:
    """A body limit knows no characters."""
    event = sent(8, 10, {"type": "http.response.body", "body": "né".encode()[:2]})
    assert "│ n" == shown(replace(EXCHANGE, events=(event,), ended=None))[-1].strip()


@given(
    st.lists(
        st.builds(
            Event,
            st.sampled_from(["receive", "send"]),
            st.integers(-(2**40), 2**40),
            st.none() | st.integers(-(2**40), 2**40),
            st.dictionaries(
                st.sampled_from(["type", "headers", "body", "text", "x"]),
                st.none() | st.binary() | st.text() | st.lists(st.integers() | st.binary()),
            ),
        ),
        max_size=5,
    )
)
def test_any_events_can_be_shown(events: list[Event]) -> None:
    """Apps send anything, and clocks go astray: there is always a line."""
    exchange = replace(EXCHANGE, events=tuple(events))
    assert len(events) < len(time_line(exchange))
