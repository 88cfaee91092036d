"""A diagram of Mermaid, which stays one whatever was recorded."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from asgi_mw.events import Event, Failure
from asgi_mw.passages import Crossing, Passage
from asgi_mw.recorder.copying.mermaid import mermaid
from tests.recorder.made import MS, made

NAMES = ["end", "a;b", "#35;", "a\nb", "%%{init}%%", "style: #a;", "<b>:x", "a-->>b: c", "", "\0"]
WORDS = r"(?:[^;#:<>%\n]|#\d+;)*"
LINES = re.compile(
    rf"sequenceDiagram|  participant P\d+ as {WORDS}|  P\d+--?>>P\d+: {WORDS}"
    rf"|  Note over P\d+(?:,P\d+)?:(?: {WORDS})?"
)


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_names_and_types_are_words_of_the_diagram(name: str) -> None:
    """And never its grammar."""
    crossing = Crossing("send", MS, 2 * MS, name or "x", raised=name)
    error = Failure(name, name, "", MS)
    one = made(method=name, path=name, layers=(Passage(name, name, crossings=(crossing,)),))
    lines = mermaid(replace(one, error=error)).splitlines()

    assert [] == [line for line in lines if not LINES.fullmatch(line)]
    assert not re.search(r"\bend\b", "\n".join(lines), re.IGNORECASE)


def test_each_message_is_between_its_neighbours() -> None:
    """In the order of time, from server to layer to app and back; layers not seen are left out."""
    crossing = Crossing("receive", MS, MS + 700_000, "http.request", size=2)
    layers = (Passage("cors", "cors()", crossings=(crossing,)), Passage("x", "x", visible=False))
    assert mermaid(made(layers=layers, request=b"{}")).splitlines() == [
        "sequenceDiagram",
        "  participant P0 as server",
        "  participant P1 as cors",
        "  participant P2 as app",
        "  Note over P0,P2: GET /orders 12.0 ms",
        "  P0->>P1: http.request 2 B",
        "  P1->>P2: http.request 2 B",
        "  P1-->>P0: http.response.start 200",
        "  P1-->>P0: http.response.body 2 B",
    ]


def test_two_hundred_messages_are_a_diagram() -> None:
    """How many more there were is said; what is awaited is none."""
    sent = Event("send", MS, 2 * MS, {"type": "websocket.send"})
    lines = mermaid(made(events=(Event("receive", 0, None, {}), *[sent] * 250))).splitlines()

    assert (200, "  Note over P0,P1: 50 more messages") == (lines.count(lines[4]), lines[-1])
