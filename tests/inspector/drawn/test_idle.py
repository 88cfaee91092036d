"""Neighbours that let all messages pass are one layer; a layer that did something stands alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.events import Event, Exchange, Worker
from asgi_mw.inspector.drawn.idle import gathered
from asgi_mw.inspector.drawn.sequence import sequence
from asgi_mw.passages import Crossing, Fault, HeaderChanges, Passage, ScopeChanges, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable

MS = 1_000_000
SENT = {"type": "http.response.body", "body": b"hi"}


def passed(name: str, at: int) -> Passage:
    """A layer that lets a message pass; *at* is its place, counted from the server."""
    crossing = Crossing("send", 500 - at, 500 + at, "http.response.body", size=2)
    return Passage(
        name,
        f"{name}()",
        entered=at,
        handed_on=at + 1,
        left=900 - at,
        own=2,
        scope=ScopeChanges({name: "<State>"}),
        crossings=(crossing,),
    )


def through(layers: Iterable[Passage]) -> Exchange:
    """An exchange through *layers*."""
    event = Event("send", 500, 501, SENT, 2)
    worker = Worker("", 1)
    return Exchange("", worker, "http", {}, 0, (event,), returned=900, layers=tuple(layers))


FIVE = [passed(name, at) for at, name in enumerate("abcde", 1)]


def test_neighbours_are_one_layer() -> None:
    """It is entered where the outermost was, and hands on where the innermost did."""
    (one,) = gathered(through(FIVE))
    assert ("5 layers", "a(), b(), c(), d(), e()") == (one.name, one.layer)
    assert (1, 6, 899, 10) == (one.entered, one.handed_on, one.left, one.own)
    assert [*"abcde"] == [*one.scope.added]
    assert FIVE[-1].crossings == one.crossings


@pytest.mark.parametrize(
    "did",
    [
        {"visible": False, "why": "it is held by a closure"},
        {"handed_on": None},
        {"own": 2 * MS},
        {"answered": True},
        {"received": 1},
        {"fault": Fault("KeyError: 1", None, "swallowed")},
        {"scope": ScopeChanges(removed={"user": 1})},
        {"scope": ScopeChanges(replaced={"path": ("/a", "/b")})},
        {"request": Traffic(body=(4, 3))},
        {"request": Traffic(HeaderChanges(removed=((b"cookie", b"1"),)))},
        {"response": Traffic(messages=(3, 2))},
        {"response": Traffic(status=(200, 304))},
        {"response": Traffic(changed=True)},
    ],
    ids=" ".join,
)
def test_who_did_something_stands_alone(did: dict[str, Any]) -> None:
    """It stands between the others; a layer without such a neighbour stays as it is."""
    layers = [*FIVE[:2], replace(FIVE[2], **did), *FIVE[3:]]
    assert ["2 layers", "c", "2 layers"] == [one.name for one in gathered(through(layers))]
    assert layers[1:3] == [*gathered(through(layers[1:3]))]


def test_the_diagram_is_the_same_with_fewer_columns() -> None:
    """Each message still goes all the way, and what was added to the scope is shown."""
    whole = through([*FIVE, replace(FIVE[-1], name="gzip", own=2 * MS)])
    few = sequence(replace(whole, layers=gathered(whole)))
    assert ["server", "5 layers", "gzip", "app"] == [one["name"] for one in few["columns"]]
    kinds = [row["kind"] for row in sequence(whole)["rows"]]
    assert kinds == [row["kind"] for row in few["rows"]]
    assert [[0, 1, 2], [2, 1, 0], [2, 1, 0]] == [
        [hop["at"] for hop in row["hops"]] for row in few["rows"]
    ]
    assert "5 layers: added a, b, c, d, e" == few["rows"][0]["dots"][0]["said"]
