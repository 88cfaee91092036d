"""How a server starts its app; each check runs a server of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, Table, expect
from asgi_mw.conformance.checks.starting import ENDS, another, serves

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit

STARTUP = Table()
_GOES_ON = (
    "If an exception is raised when calling the application callable with a lifespan.startup "
    "message or a scope with type lifespan, the server must continue but not send any lifespan "
    "events."
)
_FAILED = "If a server sees this it should log/print the message provided and then exit."
_STARTUP_FAILED = "lifespan.startup.failed"
_MESSAGE = "the kit says no"


@STARTUP.check(
    "lifespan.startup",
    "No request is served before the startup is complete",
    sentence="A server must wait for this message before it starts processing connections.",
    source="lifespan#startup-complete-send-event",
    own_process=True,
)
def startup(kit: Kit) -> None:
    """After that, one is served."""
    with another(kit) as (process, app):
        expect("receive", {"type": "lifespan.startup"}, app.received())
        early = None
        for _ in range(5):
            if process.listens():
                kit.connect().ask()
            early = early or kit.app_or_none(0.2)
        if early is not None:
            raise FailedError(f"the app is called with type {early.kind}")
        app.send("lifespan.startup.complete")
        serves(kit, process)


@STARTUP.check(
    "lifespan.unsupported",
    "An app that refuses the lifespan is served without one",
    sentence=_GOES_ON,
    source="lifespan#scope",
    own_process=True,
)
def unsupported(kit: Kit) -> None:
    """It raises at once."""
    with another(kit) as (process, app):
        app.fail()
        serves(kit, process)


@STARTUP.check(
    "lifespan.startup.raises",
    "An app that raises on the startup is served without a lifespan",
    sentence=_GOES_ON,
    source="lifespan#scope",
    own_process=True,
)
def startup_raises(kit: Kit) -> None:
    """It has received the message."""
    with another(kit) as (process, app):
        app.received()
        app.fail()
        app.ended()
        serves(kit, process)


@STARTUP.check(
    "lifespan.startup.failed",
    "A startup that failed ends the server",
    sentence=_FAILED,
    source="lifespan#startup-failed-send-event",
    severity="should",
    own_process=True,
)
def startup_failed(kit: Kit) -> str:
    """Any exit status will do."""
    status, _ = _failed_startup(kit)
    return f"its exit status is {status}"


@STARTUP.check(
    "lifespan.startup.failed.said",
    "Why the startup failed is printed",
    sentence=_FAILED,
    source="lifespan#startup-failed-send-event",
    severity="should",
    own_process=True,
)
def startup_failed_said(kit: Kit) -> None:
    """Or logged."""
    _, said = _failed_startup(kit)
    if _MESSAGE not in said:
        raise FailedError(f"the message is not in what it printed: {said.strip()[-200:]!r}")


@STARTUP.check(
    "lifespan.startup.failed.cleanup",
    "It ends the server also if the app cleans up before it returns",
    sentence=_FAILED,
    source="lifespan#startup-failed-send-event",
    severity="should",
    own_process=True,
)
def startup_failed_cleanup(kit: Kit) -> str:
    """The app awaits something after its send; only then what the send raised leaves it."""
    with another(kit) as (process, app):
        app.received()
        number = app.begin("send", message={"type": _STARTUP_FAILED, "message": _MESSAGE})
        outcome = app.outcome(number)
        app.pause()
        if outcome is not None and outcome.raised:
            app.fail_with(number)
        else:
            app.finish()
        status = process.wait(ENDS)
        if status is None:
            serves = ", and listens" if process.listens() else ""
            raise FailedError(f"it still runs after {ENDS:g} s{serves}")
        return f"its exit status is {status}"


def _failed_startup(kit: Kit) -> tuple[int, str]:
    with another(kit) as (process, app):
        app.received()
        app.leave(_STARTUP_FAILED, message=_MESSAGE)
        status = process.wait(ENDS)
        if status is None:
            raise FailedError(f"it still runs after {ENDS:g} s")
        return status, process.said
