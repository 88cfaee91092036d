"""How one server differs from another, and when a client leaves or a server cancels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


class ClientDisconnected(OSError):  # noqa: N818  # the name that servers give it
    """What ``send`` raises on a connection that is gone: a subclass of `OSError`, as specified."""


class UnexpectedMessageError(Exception):
    """What ``send`` raises at the wrong moment, on a server that has a class of its own for it."""


Reaction: TypeAlias = Literal["ignore", "hang"] | type[BaseException]
"""What a ``send`` that comes too late does: nothing, wait until cancelled, or raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a server answers where the specification leaves it free.

    Each field is independent; `dataclasses.replace` makes a variant of a preset.

    Attributes:
        name: For the ids of tests.
        http_send_after_disconnect: ``send`` once the HTTP client has left.
        websocket_send_after_disconnect: ``send`` once the WebSocket client has left.
        send_after_complete: ``send`` after the app completed its own response or closed.
        receive_at_end: ``receive`` after completion: the disconnect again and again, once and
            then nothing, or nothing at all.  After a client left, the app always receives the
            disconnect once, and again only with ``"repeat"``.
        cancel_on_disconnect: Whether the app is cancelled as well when its client leaves.
        invalid_send: Raised by ``send`` for a message of the wrong type, order or content;
            ``None`` accepts every message, so that broken apps can be driven.
        http: Arguments for `http_scope` that make the scope look like this server's.
        websocket: The same for `websocket_scope`.
        lifespan: The same for `lifespan_scope`.
    """

    name: str = "plain"
    http_send_after_disconnect: Reaction = "ignore"
    websocket_send_after_disconnect: Reaction = "ignore"
    send_after_complete: Reaction = "ignore"
    receive_at_end: Literal["repeat", "once", "block"] = "repeat"
    cancel_on_disconnect: bool = False
    invalid_send: type[BaseException] | None = None
    http: Mapping[str, Any] = field(default_factory=dict)
    websocket: Mapping[str, Any] = field(default_factory=dict)
    lifespan: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Give the name."""
        return self.name


UVICORN: Final = Behaviour(
    name="uvicorn",
    websocket_send_after_disconnect=ClientDisconnected,
    send_after_complete=RuntimeError,
    invalid_send=RuntimeError,
)
GRANIAN: Final = Behaviour(
    name="granian",
    send_after_complete=RuntimeError,
    invalid_send=RuntimeError,
    # Its ports are strings.
    http={
        "client": ("127.0.0.1", "50000"),
        "server": ("127.0.0.1", "8000"),
        "extensions": {"http.response.pathsend": {}},
    },
    websocket={
        "client": ("127.0.0.1", "50000"),
        "server": ("127.0.0.1", "8000"),
        "spec_version": "2.3",
    },
    lifespan={"spec_version": "2.3"},
)
HYPERCORN: Final = Behaviour(
    name="hypercorn",
    send_after_complete=UnexpectedMessageError,
    invalid_send=UnexpectedMessageError,
    receive_at_end="once",
    http={"spec_version": "2.1", "extensions": {}},
    websocket={"spec_version": "2.3"},
)
DAPHNE: Final = Behaviour(
    name="daphne",
    receive_at_end="once",
    http={
        "spec_version": None,
        "client": ["127.0.0.1", 50000],
        "server": ["127.0.0.1", 8000],
        "omit": ("state",),
    },
    websocket={
        "spec_version": None,
        "client": ["127.0.0.1", 50000],
        "server": ["127.0.0.1", 8000],
        "omit": ("state", "scheme", "http_version", "extensions"),
    },
)
GUNICORN: Final = Behaviour(
    name="gunicorn",
    websocket_send_after_disconnect=ClientDisconnected,
    receive_at_end="block",
    http={"spec_version": "2.4"},
    websocket={"omit": ("extensions",)},
)
H2CORN: Final = Behaviour(
    name="h2corn",
    http_send_after_disconnect=ClientDisconnected,
    websocket_send_after_disconnect=ClientDisconnected,
    send_after_complete=ClientDisconnected,
    cancel_on_disconnect=True,
    http={
        "spec_version": "2.5",
        "extensions": {"http.response.pathsend": {}, "http.response.zerocopysend": {}},
        "omit": ("root_path",),
    },
    websocket={"spec_version": "2.5", "omit": ("root_path",)},
)
SERVERS: Final = (UVICORN, GRANIAN, HYPERCORN, DAPHNE, GUNICORN, H2CORN)
"""All presets, for ``@pytest.mark.parametrize("behaviour", SERVERS, ids=str)``."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the course of a connection; made by `before`, `during`, `after` and `idle`."""

    phase: Literal["before", "during", "after", "idle"]
    side: Literal["receive", "send"]
    which: int | str | None

    def fits(self, phase: str, side: str, number: int, kind: object) -> bool:
        """Whether this is the moment: *which* is the call's number or its message's type."""
        return (phase, side) == (self.phase, self.side) and self.which in (None, number, kind)


def before(side: Literal["receive", "send"], which: int | str) -> Moment:
    """At a call, before it does anything: its message is then neither given nor taken.

    Args:
        side: Which of the two callables.
        which: The number of the call, from 1; for ``"send"`` also the type of a message.
    """
    return Moment("before", side, which)


def during(side: Literal["receive", "send"], which: int | str) -> Moment:
    """While the app waits in a call: the message it sent is taken, the one it awaits not given."""
    return Moment("during", side, which)


def after(side: Literal["receive", "send"], which: int | str) -> Moment:
    """When a call has done its work and is about to return."""
    return Moment("after", side, which)


def idle() -> Moment:
    """When the app awaits ``receive`` and there is nothing more to give."""
    return Moment("idle", "receive", None)
