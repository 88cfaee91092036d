"""What differs with our layers, but is caused by the framework or the server all the same."""

from __future__ import annotations

from tests.matrix.reasons.groups import ASGIREF, BODY, H3, MANGUM, SOCKETS, WSGI
from tests.matrix.reasons.reason import Reason

OURS: dict[str, Reason] = {
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
        text="Which of two requests comes first to asgiref's one thread is a matter of time.",
        case="poll|events",
        what="bare",
        frameworks=ASGIREF,
        ours=True,
        seldom=True,
    ),
    "waits-for-threads-ours": Reason(
        text="Whether a thread of WSGI is done as the server stops is a matter of time.",
        case="hold",
        what="stopped",
        frameworks=WSGI,
        ours=True,
        seldom=True,
    ),
    "h3-gone-ours": Reason(
        text=(
            "Over HTTP/3, the app of a WebSocket whose client is gone ends at some time, or never."
        ),
        case=SOCKETS,
        what="error|lost",
        servers=H3,
        ours=True,
        seldom=True,
    ),
    "h3-goes-on-ours": Reason(
        text="hypercorn with HTTP/3 does not always stop, as above.",
        case="hold|lifespan|serving|talk|vanish|leave",
        what="stopped|whole|logged|the app did|not in spans",
        servers=H3,
        ours=True,
        seldom=True,
    ),
    "django-handle": Reason(
        text=(
            "`install` puts the layers into `handle` of a Django app, which gets requests "
            "alone: Django refuses WebSockets and the lifespan before. Nothing there hears that "
            "the server stops."
        ),
        case=f"{SOCKETS}|lifespan|hold",
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
        frameworks=BODY,
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
        servers=MANGUM,
        ours=True,
    ),
}
