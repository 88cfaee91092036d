"""The steps of an exchange are in time, at each boundary that it passed, with what was changed."""

from __future__ import annotations

from dataclasses import replace

from asgi_mw.passages import Passage
from asgi_mw.steps import changes, steps
from tests.cli.facts import EXCHANGE, FAILED, IN_FLIGHT, LAYERED, MS


def test_without_layers_all_is_between_server_and_app() -> None:
    """The call, each message as it arrived, and the end."""
    found = steps(replace(EXCHANGE, returned=11 * MS), ())
    assert [
        (0, "call", "", 0, 1),
        (5, "receive", "http.request", 0, 1),
        (6, "send", "http.response.start", 1, 0),
        (8, "send", "http.response.body", 1, 0),
        (11, "return", "", 1, 0),
    ] == [(one.moment // MS, one.kind, one.type, one.start, one.end) for one in found]
    assert [
        (None, 0, None),
        (None, 3, 4 * MS),
        (201, 0, MS),
        (None, 9, 2 * MS),
        (None, 0, None),
    ] == [(one.status, one.size, one.took) for one in found]


def test_what_is_awaited_still_is_the_last() -> None:
    """It has no type and took no time that is known."""
    last = steps(IN_FLIGHT, ())[-1]
    assert ("receive", "", None, 1) == (last.kind, last.type, last.took, last.number)


def test_what_left_the_app_is_raised() -> None:
    """As type and message; a call that raised says so, too."""
    found = steps(replace(FAILED, returned=7 * MS), ())
    assert ["OSError", None] == [one.raised for one in found[1:]]
    assert ("raise", "app.Oops: it broke\x1b[31m") == found[-1][2:4]


def test_a_fault_of_a_layer_changes_what_goes_out() -> None:
    """What is inside raised, what is outside saw that it returned."""
    ends = [one for one in steps(LAYERED, LAYERED.layers) if one.kind in {"return", "raise"}]
    assert [(3, "raise", "ValueError: no"), (2, "return", ""), (1, "return", "")] == [
        (one.at, one.kind, one.type) for one in ends
    ][:3]


def test_the_call_goes_as_far_as_it_was_handed_on() -> None:
    """What a layer answered itself never reached the app; what cannot be seen may have."""
    outer = Passage("a", "a", entered=1, handed_on=2)
    hidden = Passage("b", "b", visible=False)
    early = Passage("c", "c", entered=3)
    assert [0, 1, 2] == [
        one.at for one in steps(LAYERED, (outer, hidden, early)) if one.kind == "call"
    ]
    assert [1, 2, 3] == [
        one.moment for one in steps(LAYERED, (outer, hidden, early)) if one.kind == "call"
    ]


def test_a_layer_changes_what_comes_out_of_it() -> None:
    """Scope and headers of the call, headers of what begins a response, and nothing of the rest."""
    layers = LAYERED.layers
    found = {
        (one.kind, one.type, one.start): changes(one, layers) for one in steps(LAYERED, layers)
    }
    assert {
        ("call", "", 3): [
            ("added", "user"),
            ("removed", "old"),
            ("replaced", "path"),
            ("removed", "content-encoding"),
            ("replaced", "x"),
        ],
        ("send", "http.response.start", 1): [("added", "access-control-allow-origin")],
    } == {step: what for step, what in found.items() if what}
