"""What servers do themselves."""

from __future__ import annotations

from tests.matrix.reasons.groups import (
    ASGIREF,
    DAPHNE,
    H3,
    HYPERCORN,
    KILLING,
    MANGUM,
    SOCKETS,
    UVICORN,
    WSGI,
)
from tests.matrix.reasons.reason import Reason

SERVERS: dict[str, Reason] = {
    "daphne-lifespan": Reason(
        text="daphne has no lifespan.",
        case="lifespan|state",
        servers=DAPHNE,
    ),
    "daphne-close": Reason(
        text="daphne answers a close with 1000, whatever code the client gave (RFC 6455 5.5.1).",
        case="talk",
        what="code: 1000",
        servers=DAPHNE,
    ),
    "waits-for-threads": Reason(
        text=(
            "The server waits for the threads of WSGI, which nobody can cancel, for as long as "
            "they take: here until it is killed."
        ),
        case="hold",
        what="does not stop",
        frameworks=WSGI,
    ),
    "stuck-thread": Reason(
        text=(
            "hypercorn never lets go of an app that sends to a client of HTTP/2 which has left: "
            "asgiref's only thread is stuck, and nobody is served any more."
        ),
        case="hold",
        what="None",
        frameworks=ASGIREF,
        servers=frozenset({"hypercorn-h2"}),
    ),
    "mangum-whole": Reason(
        text=(
            "A Lambda takes one event at a time and answers it whole: no stream, nobody who "
            "leaves, nothing that is published meanwhile."
        ),
        case="events|poll|leave|hold",
        servers=MANGUM,
    ),
    "mangum-websocket": Reason(
        text="mangum has no WebSocket: the handshake is a request like any other.",
        case=SOCKETS,
        servers=MANGUM,
    ),
    "vanished": Reason(
        text=(
            "uvicorn with these implementations, granian and h2corn say 1005 of a client that "
            "vanished, as of one that closed without a code. So it counts as closed in order."
        ),
        case="vanish",
        what="complete",
        servers=UVICORN | {"granian", "h2corn"},
    ),
    "hypercorn-close": Reason(
        text="hypercorn gives the app 1006, whatever code the client closed with.",
        case="talk",
        what="1006",
        servers=HYPERCORN,
    ),
    "h3-refused": Reason(
        text="hypercorn answers no handshake over HTTP/3 that the app refuses.",
        case="refused",
        what="None",
        servers=H3,
    ),
    "h3-gone": Reason(
        text=(
            "hypercorn lets no app know that a client of HTTP/3 has left: `send` raises an "
            "exception of aioquic's, and `receive` waits until the server stops."
        ),
        case="leave|talk|vanish",
        servers=H3,
    ),
    "h3-raises": Reason(
        text=(
            "hypercorn ends the connection of HTTP/3 if an app raises before it answers. With "
            "`server_error` it answers."
        ),
        case="unhandled",
        what="None|cut",
        servers=H3,
    ),
    "cancels": Reason(
        text="The server cancels the app of a client that left, which counts as cancelled.",
        case="leave",
        what="cancelled",
        servers=frozenset({"h2corn", "hypercorn-h2"}),
    ),
    "gunicorn-send": Reason(
        text=(
            "gunicorn claims version 2.4 of the specification, for which Starlette waits until "
            "`send` raises, and its `send` just returns. It cancels the app three seconds later."
        ),
        case="leave",
        what="cancelled|complete",
        servers=frozenset({"gunicorn"}),
    ),
    "h3-goes-on": Reason(
        text=(
            "Now and then hypercorn with HTTP/3 does not stop while a stream is open, with and "
            "without us, and is killed."
        ),
        case="hold|lifespan",
        what="does not stop|no shutdown",
        servers=H3,
        seldom=True,
    ),
    "kills": Reason(
        text=(
            "With a stream open, granian and gunicorn kill their worker when its time is up: "
            "the lifespan has no shutdown."
        ),
        case="lifespan",
        what="no shutdown",
        servers=KILLING,
    ),
}
