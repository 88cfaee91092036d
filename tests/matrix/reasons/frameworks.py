"""What frameworks do themselves."""

from __future__ import annotations

from tests.matrix.reasons.groups import ASGIREF, BODY, DAPHNE, HYPERCORN, NO_LIFESPAN, SOCKETS, WSGI
from tests.matrix.reasons.reason import Reason

FRAMEWORKS: dict[str, Reason] = {
    "no-websocket": Reason(
        text="Django and WSGI have no WebSocket: they raise, or answer it with 404.",
        case=SOCKETS,
        frameworks=WSGI | {"django"},
    ),
    "fastasgi-websocket": Reason(
        text="FastASGI closes each WebSocket before it is accepted.",
        case=SOCKETS,
        frameworks=frozenset({"fastasgi"}),
    ),
    "fastasgi-shutdown": Reason(
        text="FastASGI leaves the lifespan once it has started: its shutdown never runs.",
        case="lifespan",
        what="no shutdown",
        frameworks=frozenset({"fastasgi"}),
    ),
    "fastasgi-whole": Reason(
        text="FastASGI knows no streams: it answers when it has all.",
        case="events|leave|hold",
        frameworks=frozenset({"fastasgi"}),
    ),
    "quart-scheme": Reason(
        text=(
            "Quart reads the `scheme` of a WebSocket, which is optional, and which daphne "
            "leaves out."
        ),
        case=SOCKETS,
        frameworks=frozenset({"quart"}),
        servers=DAPHNE,
    ),
    "no-lifespan": Reason(
        text="Django, Channels and WSGI have no lifespan, and this raw app returns from it.",
        case="lifespan|state",
        frameworks=NO_LIFESPAN,
    ),
    "no-mount": Reason(
        text="Falcon and bareASGI mount no app in another.",
        case="mounted",
        frameworks=frozenset({"falcon", "bareasgi"}),
    ),
    "holds-back": Reason(
        text=(
            "bareASGI, Lilya and Ravyn send a part of a stream when they have the next one, so "
            "that the client gets the first event with the second."
        ),
        case="events",
        what="at once: False|nothing",
        frameworks=frozenset({"bareasgi", "lilya", "ravyn"}),
    ),
    "looks-for-nobody": Reason(
        text=(
            "The framework does not look for the client while it streams, and the server's "
            "`send` says nothing: the app goes on for nobody, and its response counts as "
            "complete."
        ),
        case="leave",
        what="complete",
        frameworks=frozenset({"falcon", "blacksheep", "sanic", "raw"}) | WSGI,
    ),
    "one-thread": Reason(
        text=(
            "asgiref's adapter runs all of WSGI in one thread: what is published waits for who "
            "waits for it."
        ),
        case="poll|events",
        frameworks=ASGIREF,
    ),
    "closes-nothing": Reason(
        text=(
            "asgiref's adapter does not call `close` of the WSGI response, in which Flask and "
            "Django do what comes after it."
        ),
        case="background",
        frameworks=ASGIREF,
    ),
    "sanic-close": Reason(
        text=(
            "`close` of Sanic's WebSocket does nothing under ASGI, and each handshake is "
            "accepted before the handler runs: the app returns, whatever code it has asked for."
        ),
        case="bye|refused",
        frameworks=frozenset({"sanic"}),
    ),
    "sanic-text": Reason(
        text=(
            'hypercorn gives `"text": None` beside the bytes of a message, as it may, and Sanic '
            "takes that as the end."
        ),
        case="talk",
        frameworks=frozenset({"sanic"}),
        servers=HYPERCORN,
    ),
    "ravyn-body": Reason(
        text=(
            "Ravyn reads the body of each request whose handler takes arguments as an object of "
            "JSON."
        ),
        case="upload|compressed",
        frameworks=frozenset({"ravyn"}),
    ),
    "body-is-optional": Reason(
        text=(
            "Litestar, Lilya and Ravyn ask a message for its `body`, which is optional. h2corn "
            "leaves it out where it is empty: it is a matter of time whether a last message is."
        ),
        case=".*",
        what="500|bytes|nothing|KeyError|None",
        frameworks=BODY,
        servers=frozenset({"h2corn"}),
        seldom=True,
    ),
}
