"""Write the function that serves a run of parts, as a person would write it for just these.

Its source can be read: a traceback through it shows its lines.
"""

from __future__ import annotations

import linecache
import re
from functools import lru_cache
from textwrap import indent
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.driver_templates import (
    ARRIVE,
    BEGIN,
    CALL,
    CALL_APP,
    DEPART,
    DRIVEN,
    FOLLOWED,
    LEAVE,
    LEFT,
    RECEIVE,
    RECEIVE_ONLY,
    RECEIVE_WAITED,
    RECEIVED,
    SENT,
    START,
    TRAILERS,
    WAITED,
    WATCHED,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType

    from asgi_mw.driver import Part


class Shape(NamedTuple):
    """The facts that decide how a part is served; ``None`` where the part decides each time."""

    name: str
    follows: bool | None
    isolates: bool | None
    does: frozenset[str]
    waits: bool = False


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
                part.waits,
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
            starts = kind in STARTS
            if starts:
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
            CALL.format(at=at, does=does, name=shapes[at].name, given=given)
            for at in (having[::-1] if inward else having)
        )

    def block(template: str, **parts: str) -> str:
        return _filled(template, parts) if all(parts.values()) else ""

    follows = any(shape.follows is not False for shape in shapes)
    isolates = any(shape.isolates is not False for shape in shapes)
    waits = any(shape.waits for shape in shapes)
    asked = "" if any(shape.isolates for shape in shapes) else _asks(shapes)
    heads = ("message", "headers", "now")
    starts = calls("start", *heads, inward=True)
    receive = "receive_driven if follows else receive" if follows else "receive"
    return _filled(
        DRIVEN,
        {
            "progress": "progress = Progress(kind)" if follows else "progress = None",
            "expects": "progress.waits = {}" if waits else "",
            "arrives": ARRIVE.replace(" and asked", asked) if isolates else "",
            "departs": DEPART if isolates else "",
            "begins": "".join(BEGIN.format(at=at, name=shapes[at].name) for at in places),
            "follows": f"follows = {_follows(shapes)}" if follows else "",
            "kinds": "starts = kind in STARTS" if follows or starts else "",
            "starts": block(START, hooks=starts),
            "trailers": block(TRAILERS, hooks=calls("trailers", *heads, inward=True)),
            "send": _filled(
                FOLLOWED,
                {
                    "waits": "waits = progress.waits\nwaits[at] = kind" if waits else "",
                    "waited": WAITED if waits else "",
                    "passed": block(SENT, hooks=calls("passed", "True")),
                    "overs": calls("over"),
                },
            )
            if follows
            else "return send(message)",
            # One coroutine less where nothing is to be done after the send
            "sends": f"{'async ' if follows else ''}def send_driven(message):",
            "leaves": LEAVE if isolates else "",
            "receive": _filled(
                RECEIVE if follows else RECEIVE_ONLY if isolates else "",
                {
                    "leaves": "if leaving is not None:\n    leave(leaving)" if isolates else "",
                    "receives": RECEIVE_WAITED if waits else "message = await receive()",
                    "expects": 'progress.expects = message.get("more_body")' if waits else "",
                    "passed": block(RECEIVED, hooks=calls("passed", "False")),
                },
            ),
            "call": _filled(
                CALL_APP.format(
                    anybody=" or ".join(f"state_{at} is not None" for at in places),
                    receive="receive_driven" if isolates else receive,
                ),
                {"watched": WATCHED if isolates else ""},
            ),
            "left": LEFT if follows else "",
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
    """*template* with each line ``<part>`` replaced by the text of that part, indented alike."""

    def put(match: re.Match[str]) -> str:
        text = parts[match[2]]
        return indent(text.rstrip("\n") + "\n", match[1]) if text else ""

    return re.sub(r"(?m)^( *)<(\w+)>\n", put, template)
