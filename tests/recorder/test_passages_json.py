"""A layer has one form in JSON, for the command line and for pages."""

from __future__ import annotations

from asgi_mw.recorder.passages_json import passage_json
from tests.cli.facts import LAYERED


def test_what_a_layer_did() -> None:
    """All of it, times in ms."""
    assert {
        "name": "Mapping",
        "layer": "Mapping(dispatch=mapped)",
        "visible": True,
        "why": None,
        "entered_ms": 1.0,
        "handed_on_ms": 2.0,
        "left_ms": 10.0,
        "own_ms": 0.0,
        "scope": {
            "added": {"user": "ada"},
            "removed": {"old": 1},
            "replaced": {"path": ["/a", "/b"]},
        },
        "request": {
            "headers": {
                "added": [],
                "removed": [[b"content-encoding", b"gzip"]],
                "replaced": [[b"x", b"1", b"2"]],
            },
            "bytes": [3, 7],
            "messages": [1, 1],
            "changed": True,
        },
        "response": {
            "status": [None, 201],
            "headers": {"added": [], "removed": [], "replaced": []},
            "bytes": [0, 9],
            "messages": [0, 2],
            "changed": True,
        },
        "answered": True,
        "received": 1,
        "error": {"inside": "ValueError: no", "outside": None, "what": "swallowed"},
        "events": [
            {
                "direction": "receive",
                "called_ms": 2.5,
                "returned_ms": 3.0,
                "type": "http.request",
                "status": None,
                "bytes": 7,
                "raised": "OSError",
            }
        ],
    } == passage_json(LAYERED.layers[2])


def test_a_layer_that_is_not_visible_says_why() -> None:
    """And knows no times."""
    hidden = passage_json(LAYERED.layers[1])
    assert (False, "it is no ASGI\x1b[2J", None) == (
        hidden["visible"],
        hidden["why"],
        hidden["own_ms"],
    )
