"""Why each finding is right: by hand, after a look at the text and at the source."""

from __future__ import annotations

_INTEGER = (
    "The text says of the port that it is an integer. granian gives its digits as a `str`, so that "
    "`port + 1` fails, and `port == 443` is never true."
)
_ALSO = "As in the scope of HTTP, above."

REASONS = {
    "http.scope.client": _INTEGER,
    "http.scope.server": _INTEGER,
    "websocket.scope.client": _ALSO,
    "websocket.scope.server": _ALSO,
    "websocket.disconnect.code": (
        "A page that calls `close()` sends a frame without a code. For that the text names the "
        "value, 1005. daphne passes on the `None` that its WebSocket library reports."
    ),
    "send.gone": (
        'gunicorn claims version 2.4 (`"spec_version": "2.4"`), in which this sentence came. The '
        "app has received `http.disconnect`, and sends. For a closed connection gunicorn's `send` "
        "just returns, so that an app which waits for the exception to stop goes on."
    ),
    "message.headers.lower-case": (
        "Django sends the names as its `HttpResponse` has them: `Content-Type`, `Set-Cookie`. "
        "The text leaves the case to the scope, but not to a response. On HTTP/1.1 all five "
        "servers let it pass, so nobody notices before a layer looks for `content-type`."
    ),
    "message.version": (
        "The reason of a close came with version 2.3. daphne names no version, for which the "
        "text says to assume 2.0, and Litestar gives a reason when it refuses an unknown path. "
        "daphne ignores it."
    ),
    "message.protocol": (
        "Sanic answers an error in a WebSocket as one of HTTP: it sends `http.response.start` on "
        "a connection of type `websocket`. uvicorn and hypercorn raise, gunicorn ignores it and "
        "answers 403; granian takes the status from it."
    ),
    "websocket.no-answer": (
        "The rest of the same: where the server did not raise, Sanic returns, and has neither "
        "accepted nor closed the connection."
    ),
    "wire.header.repeated": (
        "A `StreamingResponse` of Nexios adds `content-type` to its list once by itself and once "
        "with all other headers. HTTP allows one: a client takes the first, the last, or "
        "both joined with a comma."
    ),
    "http.unfinished": (
        "A stream that fails: Sanic logs the exception, keeps it, and returns in the middle of "
        "the response. Nothing says that it is over, and the server never hears of the error."
    ),
    "http.raised-after-start": (
        "A stream that fails: the exception leaves the app, as these frameworks want it. It is the "
        "only way to say that the response is broken. Servers cut it off, or answer 500 if "
        "nothing was sent yet; daphne lets the client wait."
    ),
    "websocket.returned-open": (
        "The `close` of Sanic's WebSocket does nothing under ASGI. The app just returns, whatever "
        "code the handler has asked for: uvicorn shows the client 1006, granian 1005, hypercorn "
        "and gunicorn 1011."
    ),
}
"""The text by the id of the rule."""

NOT_SERVED = {
    ("sanic", "daphne"): (
        "it is not ready before the lifespan has started it, and daphne has no lifespan. Each "
        "request is answered with 500."
    ),
}
"""Why a pair answers nothing."""

NOTES = {
    "Django": (
        "it has no WebSocket, and raises, as the text wants it of an app that does not know a "
        "protocol."
    ),
    "Quart under daphne": (
        "it answers no WebSocket: it reads `scheme`, which is optional, and which daphne leaves "
        "out."
    ),
    "Sanic under hypercorn": (
        'a binary message ends the conversation: hypercorn gives `"text": None` beside the bytes, '
        "as it may, and Sanic takes that as the end."
    ),
    "daphne": (
        "once an app failed in the middle of a response, it ends no connection of a failed app any "
        "more: the clients wait. No rule sees that from the side of the app."
    ),
}
"""What was seen beside, of which no rule speaks."""
