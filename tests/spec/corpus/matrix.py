"""Each message in each state, by hand: which rule it breaks there, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.spec.corpus import words

if TYPE_CHECKING:
    from collections.abc import Iterator


class Cell(NamedTuple):
    """One field of the table: what comes, after what, and what is found of it.

    Attributes:
        protocol: The type of the connection.
        before: What went before, as side and message.
        side: Who says what comes.
        message: What comes.
        rule: The rule that it breaks; empty if none.
        name: State and message.
    """

    protocol: str
    before: list[tuple[str, dict[str, Any]]]
    side: str
    message: dict[str, Any]
    rule: str
    name: str


_PATH = words.extra("pathsend", path="/etc/hosts")
_FILE = words.extra("zerocopysend", file=0)
_DEBUG = words.extra("debug", info={})
_SENT_HTTP = {
    "start": words.start(),
    "body": words.body(),
    "body+": words.more(),
    "file": _FILE,
    "file+": {**_FILE, "more_body": True},
    "path": _PATH,
    "push": words.push(),
    "hint": words.hint(),
    "trail": words.trailers(),
    "trail+": words.trailers(more_trailers=True),
    "debug": _DEBUG,
}
_SENT_WEBSOCKET = {
    "accept": words.accept(),
    "send": words.text(),
    "close": words.close(),
    "deny": words.deny(),
    "no": words.no(),
    "no+": words.no(more_body=True),
}
_SENT_LIFESPAN = {
    "up": words.up(),
    "up!": words.up_failed(),
    "down": words.down(),
    "down!": words.down_failed(),
}
_RECEIVED = {
    "request": words.request(),
    "request+": words.request(more_body=True),
    "gone": words.gone(),
    "connect": words.connect(),
    "receive": words.receive(),
    "left": words.left(),
    "startup": words.startup(),
    "shutdown": words.shutdown(),
    "trailing": words.trailing(),
}
_WORDS = {**_SENT_HTTP, **_SENT_WEBSOCKET, **_SENT_LIFESPAN, **_RECEIVED}
_GIVEN = {*_RECEIVED} - {"trailing"}

_HTTP_SENT = """
                        start body body+ file file+ path push hint trail trail+ debug
-                       .     B    B     B    B     B    p    h    t     t      .
debug                   .     B    B     B    B     B    p    h    t     t      2
start                   S     .    .     .    .     .    .    .    t     t      D
debug,start             S     .    .     .    .     .    .    .    t     t      D
start,push              S     .    .     .    .     .    .    .    t     t      D
start,hint              S     .    .     .    .     .    .    .    t     t      D
start,body+             S     .    .     .    .     X    .    .    t     t      D
start,file+,push        S     .    .     .    .     X    .    .    t     t      D
start,body+,hint        S     .    .     .    .     X    .    .    t     t      D
start,body+,body+       S     .    .     .    .     X    .    .    t     t      D
start,body+,file+       S     .    .     .    .     X    .    .    t     t      D
start,file+             S     .    .     .    .     X    .    .    t     t      D
start,body              S     E    E     E    E     X    P    H    U     U      D
start,file              S     E    E     E    E     X    P    H    U     U      D
start,body+,body        S     E    E     E    E     X    P    H    U     U      D
start,body+,file        S     E    E     E    E     X    P    H    U     U      D
start,path              S     X    X     X    X     X    P    H    U     U      D
trailing,body           S     M    M     M    M     X    P    H    .     .      D
trailing,path           S     M    M     M    M     X    P    H    .     .      D
trailing,body,trail+    S     M    M     M    M     X    P    H    .     .      D
trailing,body,trail     S     E    E     E    E     X    P    H    E     E      D
"""
_HTTP_RULES = {
    "S": "http.start.twice",
    "B": "http.body.before-start",
    "p": "http.push.before-start",
    "P": "http.push.after-end",
    "h": "http.early-hint.before-start",
    "H": "http.early-hint.after-end",
    "t": "http.trailers.before-end",
    "U": "http.trailers.unannounced",
    "M": "http.trailers.missing",
    "X": "http.pathsend.mixed",
    "2": "http.debug.twice",
    "D": "http.debug.after-start",
    "E": "http.sent-after-end",
}
_WEBSOCKET_SENT = """
                        accept send close deny no no+
connect                 .      s    .     .    b  b
connect,accept          A      .    .     d    d  d
connect,accept,send     A      .    .     d    d  d
connect,accept,close    a      E    E     m    m  m
connect,close           a      E    E     m    m  m
connect,deny            m      m    m     2    .  .
connect,deny,no+        m      m    m     2    .  .
connect,deny,no         m      m    m     2    2  2
"""
_WEBSOCKET_RULES = {
    "s": "websocket.send.before-accept",
    "b": "websocket.denial.before-start",
    "A": "websocket.accept.twice",
    "a": "websocket.accept.after-close",
    "d": "websocket.denial.after-accept",
    "m": "websocket.denial.mixed",
    "2": "websocket.denial.twice",
    "E": "websocket.sent-after-close",
}
_LIFESPAN_SENT = """
                         up up! down down!
-                        u  u   d    d
startup                  .  .   d    d
startup,up               2  2   d    .
startup,up!              2  2   d    d
startup,up,shutdown      2  2   .    .
startup,up,shutdown,down 2  2   D    D
startup,up,shutdown,down! 2  2   D    D
startup,up,down!         2  2   D    D
"""
_LIFESPAN_RULES = {
    "u": "lifespan.startup.unasked",
    "d": "lifespan.shutdown.unasked",
    "2": "lifespan.startup.twice",
    "D": "lifespan.shutdown.twice",
}
_HTTP_RECEIVED = """
                        request request+ gone
-                       .       .        .
request+                .       .        .
request                 e       e        .
request,gone            g       g        .
request,gone,gone       g       g        .
gone                    g       g        .
"""
_HTTP_GIVEN = {"e": "http.request.after-end", "g": "http.request.after-disconnect"}
_WEBSOCKET_RECEIVED = """
                        connect receive left
-                       .       m       m
connect                 2       b       .
connect,accept          2       .       .
connect,accept,receive  2       .       .
connect,accept,close    2       .       .
connect,close           2       .       .
connect,deny            2       b       .
connect,deny,no         2       b       .
connect,accept,left     2       r       .
connect,accept,left,left 2       r       .
"""
_WEBSOCKET_GIVEN = {
    "2": "websocket.connect.twice",
    "m": "websocket.connect.missing",
    "b": "websocket.receive.before-accept",
    "r": "websocket.receive.after-disconnect",
}
_LIFESPAN_RECEIVED = """
                         startup shutdown
-                        .       b
startup                  2       b
startup,up               2       .
startup,up!              2       f
startup,up,shutdown      2       s
startup,up,shutdown,down 2       s
"""
_LIFESPAN_GIVEN = {
    "b": "lifespan.shutdown.before-startup",
    "2": "lifespan.startup.given-twice",
    "f": "lifespan.shutdown.after-failure",
    "s": "lifespan.shutdown.given-twice",
}


def _cells(protocol: str, side: str, table: str, rules: dict[str, str]) -> Iterator[Cell]:
    head, *rows = table.strip().splitlines()
    for row in rows:
        state, *marks = row.split()
        said = [] if state == "-" else state.split(",")
        before = [("receive" if one in _GIVEN else "send", _WORDS[one]) for one in said]
        for name, mark in zip(head.split(), marks, strict=True):
            rule = "" if mark == "." else rules[mark]
            yield Cell(protocol, before, side, _WORDS[name], rule, f"{protocol} {state} {name}")


CELLS: Final = [
    *_cells("http", "send", _HTTP_SENT, _HTTP_RULES),
    *_cells("http", "receive", _HTTP_RECEIVED, _HTTP_GIVEN),
    *_cells("websocket", "send", _WEBSOCKET_SENT, _WEBSOCKET_RULES),
    *_cells("websocket", "receive", _WEBSOCKET_RECEIVED, _WEBSOCKET_GIVEN),
    *_cells("lifespan", "send", _LIFESPAN_SENT, _LIFESPAN_RULES),
    *_cells("lifespan", "receive", _LIFESPAN_RECEIVED, _LIFESPAN_GIVEN),
]
"""All of them."""
