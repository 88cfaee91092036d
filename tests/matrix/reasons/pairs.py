"""What keeps a framework from a server: almost nothing is served, with or without our layers."""

from __future__ import annotations

from tests.matrix.reasons.groups import ASYNCIO, DAPHNE, DJANGO, H3, MANGUM, SOCKETS, TRIO
from tests.matrix.reasons.reason import Reason

PAIRS: dict[str, Reason] = {
    "trio": Reason(
        text=(
            "The framework needs asyncio, and hypercorn runs it under trio: it answers 500, or "
            "fails where it first asks asyncio for something."
        ),
        case=".*",
        frameworks=ASYNCIO,
        servers=TRIO,
    ),
    "trio-parts": Reason(
        text=(
            "The framework runs under trio, except for what needs asyncio: background tasks, and "
            "WebSockets of Falcon."
        ),
        case=f"background|{SOCKETS}",
        frameworks=frozenset({"nexios", "falcon", "blacksheep", "fastasgi"}),
        servers=TRIO,
    ),
    "trio-lifespan": Reason(
        text=(
            "hypercorn under trio ends with an error if the app returns from the lifespan at "
            "once, as this one does. With our layers it serves: `exporting` answers the "
            "lifespan in the app's place."
        ),
        case="serving",
        frameworks=frozenset({"raw"}),
        servers=TRIO,
    ),
    "trio-lifespan-ours": Reason(
        text="With our layers it serves, for that reason.",
        case="serving",
        what="it serves",
        frameworks=frozenset({"raw"}),
        servers=TRIO,
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
        servers=DAPHNE,
    ),
    "starts-once": Reason(
        text=(
            "Sanic can be started once, and mangum starts and ends the lifespan for each "
            "request: the second one raises."
        ),
        case=".*",
        frameworks=frozenset({"sanic"}),
        servers=MANGUM,
    ),
    "header-lists": Reason(
        text=(
            "BlackSheep takes no header pairs that are lists, as mangum gives them, and answers "
            "500 to everything. The text allows any iterable of two."
        ),
        case=".*",
        frameworks=frozenset({"blacksheep"}),
        servers=MANGUM,
    ),
    "h3-upper-case": Reason(
        text=(
            "Django sends `Content-Type` as it is written, and HTTP/3 forbids upper case: the "
            "client ends the connection, as it has to (RFC 9114 4.2)."
        ),
        case=".*",
        what=r"None|cut|the app|no (startup|shutdown)|none",
        frameworks=DJANGO,
        servers=H3,
    ),
    "h3-chunked": Reason(
        text=(
            "BlackSheep sends `transfer-encoding: chunked` with a stream, which HTTP/3 forbids: "
            "the client ends the connection (RFC 9114 4.2)."
        ),
        case="stream|events|leave|hold",
        frameworks=frozenset({"blacksheep"}),
        servers=H3,
    ),
}
