"""What checks of disconnects expect of one ``receive``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.conformance.check import FailedError, expect

if TYPE_CHECKING:
    from asgi_mw.conformance.puppet import Puppet

_GONE = {"type": "http.disconnect"}


def waits(app: Puppet, number: int | None = None) -> int:
    """The number of a ``receive`` that waits, as it should."""
    number = app.receiving() if number is None else number
    outcome = app.outcome(number, app.quiet)
    if outcome is not None:
        raise FailedError(f"receive {outcome} while the client is there and waits")
    return number


def leaves(app: Puppet, number: int | None = None) -> None:
    """Go on if ``http.disconnect`` comes."""
    expect("receive", _GONE, app.received(number))


def left(app: Puppet, number: int | None = None) -> Any:
    """The disconnect that comes next."""
    message = app.received(number)
    expect("type", "websocket.disconnect", message["type"])
    return message
