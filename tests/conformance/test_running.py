"""A check that breaks leaves the others, and every process is ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from asgi_mw.conformance import CHECKS, SERVERS, examine
from asgi_mw.conformance.check import Check, FailedError, NotOfferedError, UndecidedError
from asgi_mw.conformance.clock import Clock
from asgi_mw.conformance.servers import Server

if TYPE_CHECKING:
    from asgi_mw.conformance.check import Run, Severity
    from asgi_mw.conformance.kit import Kit

SERVER = SERVERS["uvicorn-h11"]
pytestmark = pytest.mark.slow


def check(run: Run, severity: Severity = "must") -> Check:
    """A check that does that."""
    return Check(
        id="kit.test", title="T", sentence="S.", source="www#http", severity=severity, run=run
    )


def raising(error: Exception) -> Run:
    """A check that raises."""

    def run(kit: Kit) -> None:
        raise error

    return run


def test_what_comes_of_a_check_is_its_verdict() -> None:
    """Each in its turn, with one server."""
    checks = [
        check(lambda kit: None),
        check(lambda kit: "seen"),
        check(raising(NotOfferedError("none"))),
        check(raising(UndecidedError("both"))),
        check(lambda kit: "seen", "undecided"),
        check(raising(FailedError("no")), "undecided"),
        check(raising(FailedError("no"))),
        check(raising(ZeroDivisionError("kit"))),
        CHECKS["body.none"],
    ]
    seen = [(one.verdict, one.detail) for one in examine(SERVER, checks)]

    assert seen == [
        ("pass", ""),
        ("pass", "seen"),
        ("not offered", "none"),
        ("undecided", "both"),
        ("undecided", "seen"),
        ("undecided", "no"),
        ("fail", "no"),
        ("error", "ZeroDivisionError: kit"),
        ("pass", ""),
    ]


def test_a_check_takes_no_longer_than_it_may() -> None:
    """Whatever it waits for."""

    def waits(kit: Kit) -> None:
        while True:
            kit.app_or_none(0.1)

    [result] = examine(SERVER, [check(waits)], clock=Clock(limit=0.5))

    assert (result.verdict, result.detail) == ("error", "it took longer than 0.5 s")


def test_no_server_is_left() -> None:
    """Nor where nobody takes the other results."""
    kits: list[Kit] = []

    def note(kit: Kit) -> None:
        kits.append(kit)

    results = examine(SERVER, [check(note), check(note)])
    next(results)
    [kit] = kits
    process = kit.process
    assert process is not None
    assert process.status is None
    results.close()  # type: ignore[attr-defined]  # it is a generator

    assert process.status is not None


def test_a_server_that_does_not_start_says_why() -> None:
    """With the last of what it printed."""
    code = "import sys; print('no port today'); sys.exit(4)"
    server = Server(name="tiny", command=f'{sys.executable} -c "{code}" {{app}} {{port}}')
    [result] = examine(server, [CHECKS["body.none"]])

    assert result.verdict == "error"
    assert result.detail == "it ended with status 4: no port today"
