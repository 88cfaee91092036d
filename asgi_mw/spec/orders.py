"""In what order messages come and go: the state machines of the protocols, as tables.

A table gives for each state and each type of message where that leads, and which rule is broken on
the way, if one is.  A type ends with ``+`` where it says that more of the same follows
(``more_body``, ``more_trailers``).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Step(NamedTuple):
    """Where a message leads.

    Attributes:
        state: The state afterwards.
        rule: The rule that it breaks; empty if none.
    """

    state: str
    rule: str = ""


class Order(NamedTuple):
    """The order of what one side says.

    Attributes:
        first: The state at the beginning.
        steps: What each message does in each state.
        otherwise: The rule that a message breaks which has no step, by state; ``""`` for a state
            in which anything may come.
    """

    first: str
    steps: dict[tuple[str, str], Step]
    otherwise: dict[str, str]

    def step(self, state: str, kind: str) -> Step:
        """What a message of this kind does in *state*."""
        found = self.steps.get((state, kind))
        return Step(state, self.otherwise.get(state, "")) if found is None else found


_GOES_ON: Final = {
    "http.response.body": "more_body",
    "http.response.zerocopysend": "more_body",
    "websocket.http.response.body": "more_body",
    "http.request": "more_body",
    "http.response.trailers": "more_trailers",
}


def kind_of(message: Any) -> str:
    """The type of a message as the tables have it.

    >>> kind_of({"type": "http.response.body", "more_body": True})
    'http.response.body+'
    """
    kind = message["type"]
    more = _GOES_ON.get(kind)
    return f"{kind}+" if more is not None and message.get(more) else str(kind)


def _within(prefix: str, table: dict[str, dict[str, str | Step]]) -> dict[tuple[str, str], Step]:
    return {
        (state, prefix + kind): Step(step) if isinstance(step, str) else step
        for state, steps in table.items()
        for kind, step in steps.items()
    }


def _breaks(state: str, rule: str, kinds: str) -> dict[str, str | Step]:
    """What breaks *rule* in *state*, which stays."""
    return {kind: Step(state, rule) for kind in kinds.split()}


_BODIES: Final = "body body+ zerocopysend zerocopysend+"
_TRAILERS: Final = "trailers trailers+"


def _not_begun(state: str) -> dict[str, str | Step]:
    return {
        "start": "started",
        **_breaks(state, "http.body.before-start", f"{_BODIES} pathsend"),
        **_breaks(state, "http.push.before-start", "push"),
        **_breaks(state, "http.early-hint.before-start", "early_hint"),
        **_breaks(state, "http.trailers.before-end", _TRAILERS),
    }


def _begun(state: str) -> dict[str, str | Step]:
    return {
        **_breaks(state, "http.start.twice", "start"),
        **_breaks(state, "http.debug.after-start", "debug"),
        "body": "ended",
        "body+": "streaming",
        "zerocopysend": "ended",
        "zerocopysend+": "streaming",
        "push": state,
        "early_hint": state,
        **_breaks(state, "http.trailers.before-end", _TRAILERS),
    }


HTTP_SENT: Final = Order(
    "waiting",
    _within(
        "http.response.",
        {
            "waiting": {**_not_begun("waiting"), "debug": "debugged"},
            "debugged": {
                **_not_begun("debugged"),
                **_breaks("debugged", "http.debug.twice", "debug"),
            },
            "started": {**_begun("started"), "pathsend": "ended"},
            "streaming": {
                **_begun("streaming"),
                "pathsend": Step("ended", "http.pathsend.mixed"),
            },
            # The body is over, and trailers were announced
            "trailing": {
                **_breaks("trailing", "http.start.twice", "start"),
                **_breaks("trailing", "http.debug.after-start", "debug"),
                **_breaks("trailing", "http.trailers.missing", _BODIES),
                **_breaks("trailing", "http.pathsend.mixed", "pathsend"),
                **_breaks("trailing", "http.push.after-end", "push"),
                **_breaks("trailing", "http.early-hint.after-end", "early_hint"),
                "trailers": "done",
                "trailers+": "trailing",
            },
            "done": {
                **_breaks("done", "http.start.twice", "start"),
                **_breaks("done", "http.debug.after-start", "debug"),
                **_breaks("done", "http.pathsend.mixed", "pathsend"),
                **_breaks("done", "http.trailers.unannounced", _TRAILERS),
            },
        },
    ),
    {"done": "http.sent-after-end"},
)
"""What an app sends on an HTTP connection; ``ended`` is ``trailing`` or ``done``, see the start."""

HTTP_RECEIVED: Final = Order(
    "asking",
    _within(
        "http.",
        {
            "asking": {"request+": "asking", "request": "asked", "disconnect": "gone"},
            "asked": {
                "request": Step("asked", "http.request.after-end"),
                "request+": Step("asked", "http.request.after-end"),
                "disconnect": "gone",
            },
            "gone": {
                "request": Step("gone", "http.request.after-disconnect"),
                "request+": Step("gone", "http.request.after-disconnect"),
                "disconnect": "gone",
            },
        },
    ),
    {},
)
"""What a server gives an app on one."""

_DENIAL: Final = "http.response.start http.response.body http.response.body+"
_MIXED: Final = "websocket.denial.mixed"

WEBSOCKET_SENT: Final = Order(
    "connecting",
    _within(
        "websocket.",
        {
            "connecting": {
                "accept": "open",
                "close": "closed",
                "http.response.start": "denying",
                **_breaks("connecting", "websocket.send.before-accept", "send"),
                **_breaks(
                    "connecting",
                    "websocket.denial.before-start",
                    "http.response.body http.response.body+",
                ),
            },
            "open": {
                "send": "open",
                "close": "closed",
                **_breaks("open", "websocket.accept.twice", "accept"),
                **_breaks("open", "websocket.denial.after-accept", _DENIAL),
            },
            "closed": {
                **_breaks("closed", "websocket.accept.after-close", "accept"),
                **_breaks("closed", "websocket.sent-after-close", "close send"),
                **_breaks("closed", _MIXED, _DENIAL),
            },
            "denying": {
                "http.response.body": "denied",
                "http.response.body+": "denying",
                **_breaks("denying", "websocket.denial.twice", "http.response.start"),
                **_breaks("denying", _MIXED, "accept close send"),
            },
            "denied": {
                **_breaks("denied", "websocket.denial.twice", _DENIAL),
                **_breaks("denied", _MIXED, "accept close send"),
            },
        },
    ),
    {},
)
"""What an app sends on a WebSocket."""

WEBSOCKET_RECEIVED: Final = Order(
    "new",
    _within(
        "websocket.",
        {
            "new": {
                "connect": "connected",
                "receive": Step("new", "websocket.connect.missing"),
                "disconnect": Step("gone", "websocket.connect.missing"),
            },
            "connected": {
                "connect": Step("connected", "websocket.connect.twice"),
                "receive": "connected",
                "disconnect": "gone",
            },
            "gone": {
                "connect": Step("gone", "websocket.connect.twice"),
                "receive": Step("gone", "websocket.receive.after-disconnect"),
                "disconnect": "gone",
            },
        },
    ),
    {},
)
"""What a server gives an app on one."""

_STARTUP: Final = "startup.complete startup.failed"
_SHUTDOWN: Final = "shutdown.complete shutdown.failed"


def _unasked(state: str, startup: str) -> dict[str, str | Step]:
    return {
        **_breaks(state, startup, _STARTUP),
        **_breaks(state, "lifespan.shutdown.unasked", _SHUTDOWN),
    }


LIFESPAN_SENT: Final = Order(
    "idle",
    _within(
        "lifespan.",
        {
            "idle": _unasked("idle", "lifespan.startup.unasked"),
            "starting": {
                **_unasked("starting", ""),
                "startup.complete": "up",
                "startup.failed": "failed",
            },
            "up": _unasked("up", "lifespan.startup.twice"),
            "failed": _unasked("failed", "lifespan.startup.twice"),
            "stopping": {
                **_breaks("stopping", "lifespan.startup.twice", _STARTUP),
                "shutdown.complete": "down",
                "shutdown.failed": "down",
            },
            "down": {
                **_breaks("down", "lifespan.startup.twice", _STARTUP),
                **_breaks("down", "lifespan.shutdown.twice", _SHUTDOWN),
            },
        },
    ),
    {},
)
"""What an app sends on the lifespan; what it is asked for moves the state as well, below."""

LIFESPAN_RECEIVED: Final = Order(
    "idle",
    _within(
        "lifespan.",
        {
            "idle": {
                "startup": "starting",
                "shutdown": Step("stopping", "lifespan.shutdown.before-startup"),
            },
            "starting": {
                "startup": Step("starting", "lifespan.startup.given-twice"),
                "shutdown": Step("stopping", "lifespan.shutdown.before-startup"),
            },
            "up": {
                "startup": Step("up", "lifespan.startup.given-twice"),
                "shutdown": "stopping",
            },
            "failed": {
                "startup": Step("failed", "lifespan.startup.given-twice"),
                "shutdown": Step("failed", "lifespan.shutdown.after-failure"),
            },
            "stopping": {
                "startup": Step("stopping", "lifespan.startup.given-twice"),
                "shutdown": Step("stopping", "lifespan.shutdown.given-twice"),
            },
            "down": {
                "startup": Step("down", "lifespan.startup.given-twice"),
                "shutdown": Step("down", "lifespan.shutdown.given-twice"),
            },
        },
    ),
    {},
)
"""What a server gives an app on it."""
