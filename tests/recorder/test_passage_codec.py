"""What layers did comes back from the store as it was, and nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asgi_mw.errors import StoreError
from asgi_mw.passages import Passage
from asgi_mw.recorder.codec import decode, encode
from asgi_mw.recorder.passage_codec import passages_from, passages_text
from tests.cli.facts import EXCHANGE, LAYERED


def test_they_come_back_as_they_were() -> None:
    """Each with all that it has."""
    assert LAYERED.layers == decode(*encode(LAYERED)[-2:]).layers


def test_an_exchange_without_any_says_nothing_of_them() -> None:
    """As it was before there were any."""
    facts, bodies = encode(EXCHANGE)[-2:]
    assert "layers" not in json.loads(str(facts))
    assert () == decode(facts, bodies).layers


def test_what_goes_without_saying_is_left_out() -> None:
    """Of a layer that was not reached its name is all."""
    assert '[{"name":"cors"}]' == passages_text([Passage("cors", "cors")])


_WRONG: dict[str, Any] = {
    "no list": {},
    "no object": [1],
    "no name": [{}],
    "a name that is none": [{"name": 1}],
    "a time before the beginning": [{"name": "a", "entered": -1}],
    "a time without bounds": [{"name": "a", "own": 2**63}],
    "a truth that is a number": [{"name": "a", "answered": 1}],
    "two thirds of a scope": [{"name": "a", "scope": [{}, {}]}],
    "a scope that is a list": [{"name": "a", "scope": [[], {}, {}]}],
    "a value that was replaced by nothing": [{"name": "a", "scope": [{}, {}, {"b": [1]}]}],
    "traffic without a body": [{"name": "a", "request": {"messages": [0, 0]}}],
    "one of two sizes": [{"name": "a", "request": {"messages": [0, 0], "body": [1]}}],
    "headers of text": [
        {"name": "a", "request": {"messages": [0, 0], "body": [0, 0], "headers": [["a"], [], []]}}
    ],
    "a status of text": [
        {"name": "a", "request": {"messages": [0, 0], "body": [0, 0], "status": ["1", None]}}
    ],
    "an unknown fate": [{"name": "a", "fault": [None, None, "eaten"]}],
    "an unknown direction": [{"name": "a", "crossings": [["up", 1, 2, "", None, 0, None]]}],
    "half a crossing": [{"name": "a", "crossings": [["send", 1]]}],
}


@pytest.mark.parametrize("layers", _WRONG.values(), ids=_WRONG)
def test_what_was_not_written_by_it_is_refused(layers: Any) -> None:
    """As everything else that is no exchange."""
    facts = {**json.loads(str(encode(EXCHANGE)[-2])), "layers": layers}
    with pytest.raises(StoreError, match="no readable exchange"):
        decode(json.dumps(facts), encode(EXCHANGE)[-1])


def test_the_least_there_is_can_be_read() -> None:
    """A name."""
    assert (Passage("a", "a"),) == passages_from([{"name": "a"}])
