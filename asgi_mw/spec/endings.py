"""What is missing where an app returned too early."""

from __future__ import annotations

from typing import Final

_NO_RESPONSE: Final = "http.no-response", "the app returned without a response"

UNFINISHED: Final = {
    ("http", "waiting"): _NO_RESPONSE,
    ("http", "debugged"): _NO_RESPONSE,
    ("http", "started"): ("http.no-body", "the app returned, and sent no body"),
    ("http", "streaming"): (
        "http.unfinished",
        "the app returned, and did not complete the response",
    ),
    ("http", "trailing"): (
        "http.trailers.missing",
        "the app returned without the trailers that it announced",
    ),
    ("websocket", "connecting"): (
        "websocket.no-answer",
        "the app returned without accept or close",
    ),
    ("websocket", "open"): ("websocket.returned-open", "the app returned, and did not close"),
    ("websocket", "denying"): (
        "websocket.denial.unfinished",
        "the app returned, and did not complete the denial",
    ),
    ("lifespan", "starting"): (
        "lifespan.startup.no-answer",
        "the app returned without an answer to the startup",
    ),
    ("lifespan", "up"): ("lifespan.returned-early", "the app returned before the shutdown"),
    ("lifespan", "stopping"): (
        "lifespan.shutdown.no-answer",
        "the app returned without an answer to the shutdown",
    ),
}
"""The rule that is broken, and what is said, by protocol and by the state of what was sent."""
