"""Why a cell of the matrix is not as it should be: what the framework or the server does itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.matrix.reason import Reason

if TYPE_CHECKING:
    from tests.matrix.cells import Cell

_SOCKETS = "talk|bye|vanish|refused"
_WSGI = frozenset({"flask_asgiref", "flask_a2wsgi", "django_asgiref", "django_a2wsgi"})
_ASGIREF = frozenset({"flask_asgiref", "django_asgiref"})
_DJANGO = frozenset({"django", "channels"})
_ASYNCIO = _WSGI | _DJANGO | {"quart", "bareasgi", "sanic"}
_NO_LIFESPAN = _WSGI | _DJANGO | {"raw"}
_BODY = frozenset({"litestar", "lilya", "ravyn"})
_UVICORN = frozenset({"uvicorn", "uvicorn-h11", "gunicorn-uvicorn"})
_HYPERCORN = frozenset({"hypercorn", "hypercorn-trio", "hypercorn-h2"})
_KILLING = frozenset({"granian", "gunicorn", "gunicorn-uvicorn"})
_H3 = frozenset({"hypercorn-h3"})
_TRIO = frozenset({"hypercorn-trio"})
_MANGUM = frozenset({"mangum"})
_DAPHNE = frozenset({"daphne"})

REASONS: dict[str, Reason] = {
    # Of a pair that serves next to nothing
    "trio": Reason(
        text=(
            "The framework needs asyncio, and hypercorn runs it under trio: it answers 500, or "
            "fails where it first asks asyncio for something."
        ),
        case=".*",
        frameworks=_ASYNCIO,
        servers=_TRIO,
    ),
    "trio-parts": Reason(
        text=(
            "The framework runs under trio, except for what needs asyncio: background tasks, and "
            "WebSockets of Falcon."
        ),
        case=f"background|{_SOCKETS}",
        frameworks=frozenset({"nexios", "falcon", "blacksheep", "fastasgi"}),
        servers=_TRIO,
    ),
    "trio-lifespan": Reason(
        text=(
            "hypercorn under trio ends with an error if the app returns from the lifespan at "
            "once, as this one does. With our layers it serves: `exporting` answers the "
            "lifespan in the app's place."
        ),
        case="serving",
        frameworks=frozenset({"raw"}),
        servers=_TRIO,
    ),
    "trio-lifespan-ours": Reason(
        text="With our layers it serves, for that reason.",
        case="serving",
        what="it serves",
        frameworks=frozenset({"raw"}),
        servers=_TRIO,
        ours=True,
        because=("serving", "refused|listen"),
    ),
    "needs-lifespan": Reason(
        text=(
            "Sanic and FastASGI are not ready before the lifespan has started them, and daphne "
            "has none: they answer 500."
        ),
        case=".*",
        frameworks=frozenset({"sanic", "fastasgi"}),
        servers=_DAPHNE,
    ),
    "starts-once": Reason(
        text=(
            "Sanic can be started once, and mangum starts and ends the lifespan for each "
            "request: the second one raises."
        ),
        case=".*",
        frameworks=frozenset({"sanic"}),
        servers=_MANGUM,
    ),
    "starts-once-ours": Reason(
        text="The same with our layers: the log has each attempt to start.",
        case="lifespan",
        frameworks=frozenset({"sanic"}),
        servers=_MANGUM,
        ours=True,
    ),
    "header-lists": Reason(
        text=(
            "BlackSheep takes no header pairs that are lists, as mangum gives them, and answers "
            "500 to everything. The text allows any iterable of two."
        ),
        case=".*",
        frameworks=frozenset({"blacksheep"}),
        servers=_MANGUM,
    ),
    "h3-upper-case": Reason(
        text=(
            "Django sends `Content-Type` as it is written, and HTTP/3 forbids upper case: the "
            "client ends the connection, as it has to (RFC 9114 4.2)."
        ),
        case=".*",
        what=r"None|cut|the app|no (startup|shutdown)|none",
        frameworks=_DJANGO,
        servers=_H3,
    ),
    "h3-chunked": Reason(
        text=(
            "BlackSheep sends `transfer-encoding: chunked` with a stream, which HTTP/3 forbids: "
            "the client ends the connection (RFC 9114 4.2)."
        ),
        case="stream|events|leave|hold",
        frameworks=frozenset({"blacksheep"}),
        servers=_H3,
    ),
    "h3-dies": Reason(
        text=(
            "A WebSocket of Sanic over HTTP/3 ends the task in which hypercorn reads from the "
            "network: nobody is served any more."
        ),
        case="serving",
        what="no connection",
        frameworks=frozenset({"sanic"}),
        servers=_H3,
    ),
    # Of frameworks
    "no-websocket": Reason(
        text="Django and WSGI have no WebSocket: they raise, or answer it with 404.",
        case=_SOCKETS,
        frameworks=_WSGI | {"django"},
    ),
    "fastasgi-websocket": Reason(
        text="FastASGI closes each WebSocket before it is accepted.",
        case=_SOCKETS,
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
        case=_SOCKETS,
        frameworks=frozenset({"quart"}),
        servers=_DAPHNE,
    ),
    "no-lifespan": Reason(
        text="Django, Channels and WSGI have no lifespan, and this raw app returns from it.",
        case="lifespan|state",
        frameworks=_NO_LIFESPAN,
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
        frameworks=frozenset({"falcon", "blacksheep", "sanic", "raw"}) | _WSGI,
    ),
    "one-thread": Reason(
        text=(
            "asgiref's adapter runs all of WSGI in one thread: what is published waits for who "
            "waits for it."
        ),
        case="poll|events",
        frameworks=_ASGIREF,
    ),
    "closes-nothing": Reason(
        text=(
            "asgiref's adapter does not call `close` of the WSGI response, in which Flask and "
            "Django do what comes after it."
        ),
        case="background",
        frameworks=_ASGIREF,
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
        servers=_HYPERCORN,
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
        frameworks=_BODY,
        servers=frozenset({"h2corn"}),
        seldom=True,
    ),
    # Of servers
    "daphne-lifespan": Reason(
        text="daphne has no lifespan.",
        case="lifespan|state",
        servers=_DAPHNE,
    ),
    "daphne-close": Reason(
        text="daphne answers a close with 1000, whatever code the client gave (RFC 6455 5.5.1).",
        case="talk",
        what="code: 1000",
        servers=_DAPHNE,
    ),
    "waits-for-threads": Reason(
        text=(
            "The server waits for the threads of WSGI, which nobody can cancel, for as long as "
            "they take: here until it is killed."
        ),
        case="hold",
        what="does not stop",
        frameworks=_WSGI,
    ),
    "stuck-thread": Reason(
        text=(
            "hypercorn never lets go of an app that sends to a client of HTTP/2 which has left: "
            "asgiref's only thread is stuck, and nobody is served any more."
        ),
        case="hold",
        what="None",
        frameworks=_ASGIREF,
        servers=frozenset({"hypercorn-h2"}),
    ),
    "mangum-whole": Reason(
        text=(
            "A Lambda takes one event at a time and answers it whole: no stream, nobody who "
            "leaves, nothing that is published meanwhile."
        ),
        case="events|poll|leave|hold",
        servers=_MANGUM,
    ),
    "mangum-websocket": Reason(
        text="mangum has no WebSocket: the handshake is a request like any other.",
        case=_SOCKETS,
        servers=_MANGUM,
    ),
    "vanished": Reason(
        text=(
            "uvicorn with these implementations, granian and h2corn say 1005 of a client that "
            "vanished, as of one that closed without a code. So it counts as closed in order."
        ),
        case="vanish",
        what="complete",
        servers=_UVICORN | {"granian", "h2corn"},
    ),
    "hypercorn-close": Reason(
        text="hypercorn gives the app 1006, whatever code the client closed with.",
        case="talk",
        what="1006",
        servers=_HYPERCORN,
    ),
    "h3-refused": Reason(
        text="hypercorn answers no handshake over HTTP/3 that the app refuses.",
        case="refused",
        what="None",
        servers=_H3,
    ),
    "h3-gone": Reason(
        text=(
            "hypercorn lets no app know that a client of HTTP/3 has left: `send` raises an "
            "exception of aioquic's, and `receive` waits until the server stops."
        ),
        case="leave|talk|vanish",
        servers=_H3,
    ),
    "h3-raises": Reason(
        text=(
            "hypercorn ends the connection of HTTP/3 if an app raises before it answers. With "
            "`server_error` it answers."
        ),
        case="unhandled",
        what="None|cut",
        servers=_H3,
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
        servers=_H3,
        seldom=True,
    ),
    "kills": Reason(
        text=(
            "With a stream open, granian and gunicorn kill their worker when its time is up: "
            "the lifespan has no shutdown."
        ),
        case="lifespan",
        what="no shutdown",
        servers=_KILLING,
    ),
    # With our layers
    "killed": Reason(
        text=(
            "A process that is killed takes the span of an open stream with it. The log has no "
            "line for it, and its recording ends as `lost`, as it should."
        ),
        case="hold",
        what="not in spans",
        ours=True,
        because=("lifespan|hold", "no shutdown|None|does not stop"),
    ),
    "one-thread-ours": Reason(
        text="The same with our layers, where the bare run had better luck, or worse.",
        case="poll|events",
        what="bare",
        frameworks=_ASGIREF,
        ours=True,
        seldom=True,
    ),
    "h3-dies-ours": Reason(
        text="What was open then ends at some time, or never.",
        case=_SOCKETS,
        what="error|lost",
        frameworks=frozenset({"sanic"}),
        servers=_H3,
        ours=True,
        seldom=True,
    ),
    "h3-goes-on-ours": Reason(
        text="The same, in a run with our layers.",
        case="hold|lifespan|serving|talk|vanish",
        what="stopped|whole|logged|the app did|not in spans",
        servers=_H3,
        ours=True,
        seldom=True,
    ),
    "django-handle": Reason(
        text=(
            "`install` puts the layers into `handle` of a Django app, which gets requests "
            "alone: Django refuses WebSockets and the lifespan before. Nothing there hears that "
            "the server stops."
        ),
        case=f"{_SOCKETS}|lifespan|hold",
        what="not in|logged|0 exchanges",
        frameworks=frozenset({"django"}),
        ours=True,
    ),
    "headers-read-twice": Reason(
        text=(
            "Sanic gives the headers as a generator, and gunicorn reads them twice: without us "
            "it sends none of them. Our layers make a list of them, which arrives."
        ),
        case=".*",
        what="headers",
        frameworks=frozenset({"sanic"}),
        servers=frozenset({"gunicorn"}),
        ours=True,
    ),
    "body-is-optional-ours": Reason(
        text=(
            "Litestar, Lilya and Ravyn under h2corn: the same as above, where the bare run had "
            "better luck, or worse."
        ),
        case=".*",
        what="bare",
        frameworks=_BODY,
        servers=frozenset({"h2corn"}),
        ours=True,
        seldom=True,
    ),
    "mangum-event": Reason(
        text=(
            "mangum puts the whole event into the scope, body included, of which a recording "
            "keeps 32,768 bytes."
        ),
        case="upload|compressed",
        what="bytes of aws.event",
        servers=_MANGUM,
        ours=True,
    ),
}
"""By a short name, in the order of the docs: the first that fits is the reason."""


def explained(cell: Cell) -> tuple[list[str], list[str]]:
    """The reasons that a cell needs, by their keys; and what none of them explains."""
    needed: dict[str, None] = {}
    left = []
    for attached, deviation in cell.deviations:
        for key, reason in REASONS.items():
            if reason.fits(cell, attached, deviation):
                needed[key] = None
                break
        else:
            left.append(f"{cell.name} {attached}, {deviation.case}: {deviation.what}")
    return [key for key in REASONS if key in needed], left
