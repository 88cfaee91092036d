"""In what order messages come and go: the state machines of the protocols, as tables.

A table gives for each state and each type of message the next state, and the rule that is broken,
if one is.  A type ends with ``+`` if the message says that more of the same follows
(``more_body``, ``more_trailers``).
"""

from __future__ import annotations

from typing import Final

from asgi_mw.spec.order import Order, Step, breaks, within

_BODIES: Final = "body body+ zerocopysend zerocopysend+"
_TRAILERS: Final = "trailers trailers+"
_OVER: Final = "message.after-return"


def _not_begun(state: str) -> dict[str, str | Step]:
    return {
        "start": "started",
        **breaks(state, "http.body.before-start", f"{_BODIES} pathsend"),
        **breaks(state, "http.push.before-start", "push"),
        **breaks(state, "http.early-hint.before-start", "early_hint"),
        **breaks(state, "http.trailers.before-end", _TRAILERS),
    }


def _begun(state: str) -> dict[str, str | Step]:
    return {
        **breaks(state, "http.start.twice", "start"),
        **breaks(state, "http.debug.after-start", "debug"),
        "body": "ended",
        "body+": "streaming",
        "zerocopysend": "ended",
        "zerocopysend+": "streaming",
        "push": state,
        "early_hint": state,
        **breaks(state, "http.trailers.before-end", _TRAILERS),
    }


def _bodied(state: str) -> dict[str, str | Step]:
    return {**_ended(state), **breaks(state, "http.trailers.unannounced", _TRAILERS)}


def _ended(state: str) -> dict[str, str | Step]:
    return {
        **breaks(state, "http.start.twice", "start"),
        **breaks(state, "http.debug.after-start", "debug"),
        **breaks(state, "http.pathsend.mixed", "pathsend"),
        **breaks(state, "http.push.after-end", "push"),
        **breaks(state, "http.early-hint.after-end", "early_hint"),
    }


HTTP_SENT: Final = Order(
    "waiting",
    within(
        "http.response.",
        {
            "waiting": {**_not_begun("waiting"), "debug": "debugged"},
            "debugged": {
                **_not_begun("debugged"),
                **breaks("debugged", "http.debug.twice", "debug"),
            },
            "started": {**_begun("started"), "pathsend": "filed"},
            "streaming": {
                **_begun("streaming"),
                "pathsend": Step("ended", "http.pathsend.mixed"),
            },
            # The body is over, and trailers were announced
            "trailing": {
                **_ended("trailing"),
                **breaks("trailing", "http.trailers.missing", _BODIES),
                "trailers": "trailed",
                "trailers+": "trailing",
            },
            "trailed": _ended("trailed"),
            "done": _bodied("done"),
            # The body was a file
            "filed": {
                **_bodied("filed"),
                **breaks("filed", "http.pathsend.mixed", _BODIES),
            },
        },
    ),
    dict.fromkeys(("done", "filed", "trailed"), "http.sent-after-end"),
).then(_OVER)
"""What an app sends on HTTP; ``ended`` and ``filed`` are ``trailing`` if the start says so."""

HTTP_RECEIVED: Final = Order(
    "asking",
    within(
        "http.",
        {
            "asking": {"request+": "asking", "request": "asked", "disconnect": "gone"},
            "asked": {
                **breaks("asked", "http.request.after-end", "request request+"),
                "disconnect": "gone",
            },
            "gone": {
                **breaks("gone", "http.request.after-disconnect", "request request+"),
                "disconnect": "gone",
            },
        },
    ),
)
"""What a server gives an app on HTTP."""

_DENIAL: Final = "http.response.start http.response.body http.response.body+"
_MIXED: Final = "websocket.denial.mixed"

WEBSOCKET_SENT: Final = Order(
    "connecting",
    within(
        "websocket.",
        {
            "connecting": {
                "accept": "open",
                "close": "closed",
                "http.response.start": "denying",
                **breaks("connecting", "websocket.send.before-accept", "send"),
                **breaks(
                    "connecting",
                    "websocket.denial.before-start",
                    "http.response.body http.response.body+",
                ),
            },
            "open": {
                "send": "open",
                "close": "closed",
                **breaks("open", "websocket.accept.twice", "accept"),
                **breaks("open", "websocket.denial.after-accept", _DENIAL),
            },
            "closed": {
                **breaks("closed", "websocket.accept.after-close", "accept"),
                **breaks("closed", "websocket.sent-after-close", "close send"),
                **breaks("closed", _MIXED, _DENIAL),
            },
            "denying": {
                "http.response.body": "denied",
                "http.response.body+": "denying",
                **breaks("denying", "websocket.denial.twice", "http.response.start"),
                **breaks("denying", _MIXED, "accept close send"),
            },
            "denied": {
                **breaks("denied", "websocket.denial.twice", _DENIAL),
                **breaks("denied", _MIXED, "accept close send"),
            },
        },
    ),
).then(_OVER)
"""What an app sends on a WebSocket."""

WEBSOCKET_RECEIVED: Final = Order(
    "new",
    within(
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
)
"""What a server gives an app on a WebSocket."""

_STARTUP: Final = "startup.complete startup.failed"
_SHUTDOWN: Final = "shutdown.complete shutdown.failed"


def _unasked(state: str, startup: str) -> dict[str, str | Step]:
    return {
        **breaks(state, startup, _STARTUP),
        **breaks(state, "lifespan.shutdown.unasked", _SHUTDOWN),
    }


LIFESPAN_SENT: Final = Order(
    "idle",
    within(
        "lifespan.",
        {
            "idle": _unasked("idle", "lifespan.startup.unasked"),
            "starting": {
                **_unasked("starting", ""),
                "startup.complete": "up",
                "startup.failed": "failed",
            },
            # Nothing forbids an app to fail before it is asked to shut down
            "up": {**_unasked("up", "lifespan.startup.twice"), "shutdown.failed": "down"},
            "failed": _unasked("failed", "lifespan.startup.twice"),
            "stopping": {
                **breaks("stopping", "lifespan.startup.twice", _STARTUP),
                "shutdown.complete": "down",
                "shutdown.failed": "down",
            },
            "down": {
                **breaks("down", "lifespan.startup.twice", _STARTUP),
                **breaks("down", "lifespan.shutdown.twice", _SHUTDOWN),
            },
        },
    ),
).then(_OVER)
"""What an app sends on the lifespan; what it is asked for moves the state as well, below."""

LIFESPAN_RECEIVED: Final = Order(
    "idle",
    within(
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
)
"""What a server gives an app on the lifespan."""
