"""Write the function that serves a run of parts, as a person would write it for just these.

It can be read where it runs: a traceback through it shows its lines.
"""

from __future__ import annotations

import linecache
import re
from functools import lru_cache
from textwrap import indent
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType

    from asgi_mw.driver import Part


class Shape(NamedTuple):
    """What of a part decides how it is served; ``None`` where it says so itself, each time."""

    name: str
    follows: bool | None
    isolates: bool | None
    does: frozenset[str]


def compiled(parts: Sequence[Part]) -> CodeType:
    """The code that defines ``driven`` for parts of this shape."""
    does = ("start", "trailers", "passed", "over", "end")
    return _compiled(
        tuple(
            Shape(
                part.name,
                None if callable(part.follows) else part.follows,
                None if callable(part.isolates) else part.isolates,
                frozenset(one for one in does if getattr(part, one)),
            )
            for part in parts
        )
    )


@lru_cache(maxsize=256)
def _compiled(shapes: tuple[Shape, ...]) -> CodeType:
    source = written(shapes)
    file = (
        f"<asgi_mw: {', '.join(shape.name for shape in shapes)} #{_compiled.cache_info().misses}>"
    )
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    return compile(source, file, "exec")


def written(shapes: Sequence[Shape]) -> str:
    """The source of ``driven``.

    >>> source = written([Shape("timing", False, False, frozenset({"start"}))])
    >>> print(source[source.index("    def send_driven") :].partition("    error")[0])
        def send_driven(message):
            kind = message.get("type")
            if kind in STARTS:
                given = message.get("headers", ())
                if given.__class__ is list and given and given[0].__class__ is tuple:
                    headers = given.copy()
                else:
                    message, given, headers = settled(message)
                if headers is not None:
                    now = clock()
                    if state_0 is not None:  # timing
                        try:
                            start_0(state_0, message, headers, now)
                        except Exception as fault:
                            faults_0.note("start", fault)
                    if headers != given:
                        message = {**message, "headers": headers}
            return send(message)
    <BLANKLINE>
    <BLANKLINE>
    """
    places = list(range(len(shapes)))

    def calls(does: str, *rest: str, inward: bool = False) -> str:
        having = [at for at in places if does in shapes[at].does]
        given = "".join(f", {one}" for one in rest)
        return "".join(
            _CALL.format(at=at, does=does, name=shapes[at].name, given=given)
            for at in (having[::-1] if inward else having)
        )

    def block(template: str, **parts: str) -> str:
        return _filled(template, parts) if all(parts.values()) else ""

    follows = any(shape.follows is not False for shape in shapes)
    isolates = any(shape.isolates is not False for shape in shapes)
    asked = "" if any(shape.isolates for shape in shapes) else _asks(shapes)
    heads = ("message", "headers", "now")
    receive = "receive_driven if follows else receive" if follows else "receive"
    return _filled(
        _DRIVEN,
        {
            "progress": "progress = Progress(kind)" if follows else "progress = None",
            "arrives": _ARRIVE.replace(" and asked", asked) if isolates else "",
            "departs": _DEPART if isolates else "",
            "begins": "".join(_BEGIN.format(at=at, name=shapes[at].name) for at in places),
            "follows": f"follows = {_follows(shapes)}" if follows else "",
            "starts": block(_START, hooks=calls("start", *heads, inward=True)),
            "trailers": block(_TRAILERS, hooks=calls("trailers", *heads, inward=True)),
            "send": _filled(
                _FOLLOWED,
                {
                    "passed": block(_SENT, hooks=calls("passed", "True")),
                    "overs": calls("over"),
                },
            )
            if follows
            else "return send(message)",
            # One coroutine less where nothing is to be done after the send
            "sends": f"{'async ' if follows else ''}def send_driven(message):",
            "leaves": _LEAVE if isolates else "",
            "receive": _filled(
                _RECEIVE if follows else _RECEIVE_ONLY if isolates else "",
                {
                    "leaves": "if leaving is not None:\n    leave(leaving)" if isolates else "",
                    "passed": block(_RECEIVED, hooks=calls("passed", "False")),
                },
            ),
            "call": _filled(
                _CALL_APP.format(
                    anybody=" or ".join(f"state_{at} is not None" for at in places),
                    receive="receive_driven" if isolates else receive,
                ),
                {"watched": _WATCHED if isolates else ""},
            ),
            "ends": calls("end", "error", inward=True),
        },
    )


def _follows(shapes: Sequence[Shape]) -> str:
    return " or ".join(
        f"state_{at} is not None" + f" and follows_{at}(state_{at})" * (shape.follows is None)
        for at, shape in enumerate(shapes)
        if shape.follows is not False
    )


def _asks(shapes: Sequence[Shape]) -> str:
    asks = [f"isolates_{at}()" for at, shape in enumerate(shapes) if shape.isolates is None]
    return f" and ({' or '.join(asks)})"


def _filled(template: str, parts: dict[str, str]) -> str:
    """*template* with each ``<part>``, alone on its line, put in as deep as it stands."""

    def put(match: re.Match[str]) -> str:
        text = parts[match[2]]
        return indent(text.rstrip("\n") + "\n", match[1]) if text else ""

    return re.sub(r"(?m)^( *)<(\w+)>\n", put, template)


_DRIVEN = """\
async def driven(scope, receive, send):
    kind = scope["type"]
    if kind != "http" and kind != "websocket":
        await (lifespan if kind == "lifespan" else app)(scope, receive, send)
        return
    connection = scope.get(KEY)
    outermost = connection.__class__ is not Connection
    if outermost:
        connection = Connection(scope)
    else:
        connection.copy(scope)
    <arrives>
    token = current.set(connection)
    <progress>
    now = clock()
    <begins>
    <follows>

    <sends>
        kind = message.get("type")
        <starts>
        <trailers>
        <leaves>
        <send>

    <receive>
    error = None
    try:
        <call>
    except BaseException as raised:
        error = raised
        raise
    finally:
        <ends>
        reset(current, token)
        <departs>
        if outermost:
            connection.leave()
        error = None
"""
_ARRIVE = """\
visit = leaving = None
if not connection.entered and asked:
    connection.entered = True
    visit = arrive()
    if kind == "http":  # no request follows a WebSocket
        leaving = visit
"""
# Where a server may begin the next request in a copy of this context
_LEAVE = """\
if leaving is not None and kind != "http.response.start" and not message.get("more_body"):
    leave(leaving)
"""
_DEPART = """\
if visit is not None:
    depart(visit, error)
"""
_BEGIN = """\
try:  # {name}
    state_{at} = begin_{at}(connection, progress, now)
except Exception as fault:
    state_{at} = faults_{at}.note("begin", fault)
"""
_CALL = """\
if state_{at} is not None:  # {name}
    try:
        {does}_{at}(state_{at}{given})
    except Exception as fault:
        faults_{at}.note("{does}", fault)
"""
_CALL_APP = """\
if {anybody}:
    await app(connection.scope, {receive}, send_driven)
else:
    <watched>
    await app(connection.pass_on(), receive, send)
"""
_WATCHED = """\
if leaving is not None:
    receive, send = watched(leaving, receive, send)
"""
_HEADERS = """\
    given = message.get("headers", ())
    if given.__class__ is list and given and given[0].__class__ is tuple:
        headers = given.copy()
    else:
        message, given, headers = settled(message)
    if headers is not None:
        now = clock()
        <hooks>
        if headers != given:
            message = {**message, "headers": headers}
"""
_START = "if kind in STARTS:\n" + _HEADERS
_TRAILERS = 'if kind == "http.response.trailers" and not message.get("more_trailers"):\n' + _HEADERS
_FOLLOWED = """\
if not follows:
    await send(message)
    return
ends = False
try:
    size = 0 if kind in STARTS else payload_size(message)
    ends = progress.sending(message, size, clock())
    if not connection.begun and (ends or kind in STARTS):
        connection.begun = True
        if kind in STARTS and ((progress.status or 0) >= 500 or connection.swallowed):
            connection.answers(progress.status or 0)
    <passed>
except Exception as fault:
    faults.note("send", fault)
try:
    await send(message)
except BaseException as lost:
    progress.failed(lost, clock(), ends=ends)
    raise
if ends:
    progress.over(clock())
    <overs>
"""
_SENT = """\
if kind == "websocket.send":
    <hooks>
"""
_RECEIVE = """\
async def receive_driven():
    <leaves>
    message = await receive()
    try:
        progress.received(message, payload_size(message), clock())
        <passed>
    except Exception as fault:
        faults.note("receive", fault)
    return message

"""
_RECEIVE_ONLY = """\
def receive_driven():
    <leaves>
    return receive()

"""
_RECEIVED = """\
if message.get("type") == "websocket.receive":
    <hooks>
"""
