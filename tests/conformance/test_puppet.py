"""The line between the kit and the app that the server calls."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from asgi_mw.conformance.check import FailedError, OverdueError
from asgi_mw.conformance.clock import Clock
from asgi_mw.conformance.puppet import Outcome, Stage
from tests.conformance.line import App

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.conformance.puppet import Puppet

SCOPE = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "extensions": {"x": {}}}


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Where calls come in."""
    stage = Stage(Clock(patience=2, quiet=0.1))
    yield stage
    stage.close()


@contextlib.contextmanager
def call(stage: Stage) -> Iterator[tuple[App, Puppet]]:
    """Both ends of one."""
    app = App(stage, SCOPE)
    puppet = stage.next()
    assert puppet is not None
    with app.sock:
        yield app, puppet
    puppet.close()


def test_a_call_begins_with_its_scope(stage: Stage) -> None:
    """And what that says of the server."""
    with call(stage) as (_, puppet):
        assert (puppet.kind, puppet.version, puppet.scope) == ("http", (2, 4), SCOPE)
        assert (puppet.offers("x"), puppet.offers("y")) == (True, False)


def test_a_stranger_is_not_heard(stage: Stage) -> None:
    """One without the token, or that says something else."""
    with App(stage, SCOPE, "guessed").sock, App(stage, SCOPE, "").sock:
        assert stage.next(0.2) is None


def test_an_order_has_an_outcome(stage: Stage) -> None:
    """In any order, and findings and the end between them."""
    with call(stage) as (app, puppet):
        first, second = (
            puppet.receiving(),
            puppet.begin("send", message={"type": "x", "body": b"y"}),
        )
        orders = [app.order(), app.order()]
        assert orders == [
            {"do": "receive", "id": first},
            {"do": "send", "id": second, "message": {"type": "x", "body": {"$bytes": "y"}}},
        ]
        app.say(say="done", id=second, raised=["BrokenPipeError", "OSError"], text="gone")
        app.say(say="found", rule="scope.type", said="there is no type")
        app.say(say="done", id=first, message={"type": "http.disconnect"}, cancelled=False)
        app.say(say="ended", how="returned")

        assert puppet.received(first) == {"type": "http.disconnect"}
        assert puppet.outcome(second) == Outcome(None, ("BrokenPipeError", "OSError"), "gone")
        assert puppet.ended() == "returned"
        assert puppet.found == [("scope.type", "there is no type")]


def test_what_does_not_come_is_a_failure_of_the_server(stage: Stage) -> None:
    """Which says how long it was waited for, or how the app ended."""
    with call(stage) as (app, puppet):
        with pytest.raises(FailedError, match=r"^receive did not return within 0\.1 s$"):
            puppet.received(within=0.1)
        app.say(say="ended", how="cancelled")
        app.sock.close()
        with pytest.raises(FailedError, match="did not return: the app was cancelled"):
            puppet.received()


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome(), "returned"),
        (Outcome({"type": "http.disconnect"}), "returned {'type': 'http.disconnect'}"),
        (Outcome(raised=("KeyError", "LookupError"), text="'x'"), "raised KeyError: 'x'"),
        (Outcome(raised=("Gone", "OSError")), "raised Gone"),
        (Outcome(cancelled=True), "was cancelled"),
    ],
    ids=["sent", "received", "raised", "without-text", "cancelled"],
)
def test_an_outcome_is_said(outcome: Outcome, said: str) -> None:
    """As it stands in the details."""
    assert str(outcome) == said


def test_a_check_that_is_over_waits_for_nothing(stage: Stage) -> None:
    """Whatever it still asks for."""
    clock = Clock(limit=-1)
    clock.begin()
    with pytest.raises(OverdueError, match="longer than -1 s"):
        clock.until()
