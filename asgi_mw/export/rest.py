"""A file of requests, as the REST clients of editors send them (``.http``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.export.places import Places
from asgi_mw.export.written import Written
from asgi_mw.parts import readable, utf8
from asgi_mw.printable import printable
from asgi_mw.recorder.copying.again import request_again

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.copying.again import Request

# A line that begins so ends the request, is left out, names a file to send, or runs a script
_DIRECTIVE = re.compile(r"^\s*(?:#|//|<[\s>{@]|<$|>)", re.MULTILINE)
_VARIABLE = "{{"
# With this at its beginning, the name of a header would be a comment
_COMMENT = "#"


def write_http(exchanges: Iterable[Exchange], file: IO[str]) -> Written:
    """Write the request of each of *exchanges*: VS Code's REST Client and JetBrains send them.

    A masked value becomes a variable, as ``{{authorization}}``, to be given a value.  What the
    format cannot hold is left out, and a comment says so: a body with a line that would name a
    file to send, and everything that looks like a variable.

    >>> import io
    >>> from asgi_mw import Exchange
    >>> from asgi_mw.events import Worker
    >>> scope = {"path": "/a", "method": "GET", "headers": [(b"accept", b"*/*")]}
    >>> file = io.StringIO()
    >>> _ = write_http([Exchange("0" * 32, Worker("box", 1), "http", scope, 0)], file)
    >>> print(file.getvalue().rstrip())
    ### GET /a
    GET http://localhost/a HTTP/1.1
    accept: */*
    """
    written = Written()
    for exchange in exchanges:
        if exchange.type != "http":
            written.leave_out(f"{exchange.type}, which is no HTTP request")
            continue
        file.write("\n".join(_lines(exchange)) + "\n\n")
        written.count += 1
    return written


def _lines(exchange: Exchange) -> Iterator[str]:
    places = Places()
    request = request_again(exchange, places.mark)
    answer = exchange.answer
    status = f", answered {answer.status}" if answer else ""
    yield f"### {printable(f'{exchange.method} {exchange.path}')}{status}"
    yield from (f"# {note}" for note in request.notes if not note.startswith("masked"))
    path = request.target if request.target.startswith("/") else f"/{request.target}"
    target = _with_variables(path.replace(_VARIABLE, "%7B%7B"), places)
    headers, left_out = _headers(request, places)
    if left_out:
        yield f"# left out, as they would be something else here: {', '.join(left_out)}"
    body, why = _body(request, places)
    if why:
        yield f"# the body is left out, {why}"
    names = {name for text in (path, *headers, body) for name in places.names(text)}
    if names:
        yield f"# masked in the recording, to be defined: {', '.join(sorted(names))}"
    yield f"{request.method} {request.origin}{target} HTTP/{request.version}"
    yield from (_with_variables(header, places) for header in headers)
    if body:
        yield ""
        yield _with_variables(body, places)


def _headers(request: Request, places: Places) -> tuple[list[str], list[str]]:
    """The headers, as lines, and the names of those that cannot be written as a line."""
    lines, left_out = [], []
    for name, value in request.headers:
        line = f"{readable(name)}: {readable(value)}"
        safe = not line.startswith(_COMMENT) and not _has_variable(line, places)
        if safe and line.isprintable():
            lines.append(line)
        else:
            left_out.append(printable(readable(name)))
    return lines, left_out


def _body(request: Request, places: Places) -> tuple[str, str]:
    """The body as text, or why there is none."""
    text = utf8(request.body)
    if text is None or not all(one.isprintable() or one in "\n\t" for one in text):
        return "", "for it is no plain text"
    if _has_variable(text, places):
        return "", "for what is in it would be a variable"
    if _DIRECTIVE.search(text):
        return "", "for a line of it would be a comment, a file to send, or a script"
    return text, ""


def _has_variable(text: str, places: Places) -> bool:
    return any(_VARIABLE in part.text for part in places.parts(text) if not part.masked)


def _with_variables(text: str, places: Places) -> str:
    """*text* with a variable for each place."""
    return "".join(
        f"{{{{{part.text}}}}}" if part.masked else part.text for part in places.parts(text)
    )
