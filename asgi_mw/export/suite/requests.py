"""One HTTP exchange as a test: the request that is made, and what is asserted of the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.amounts import duration
from asgi_mw.export.places import Places
from asgi_mw.export.suite.literals import (
    Code,
    expected,
    filled,
    given,
    of_json,
    quoted,
    varies,
    written,
)
from asgi_mw.parts import body_of, headers_of, is_event_stream, utf8
from asgi_mw.printable import printable
from asgi_mw.recorder.copying.again import request_again

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Exchange
    from asgi_mw.export.suite.literals import Used
    from asgi_mw.parts import Body
    from asgi_mw.recorder.copying.again import Request

# Headers of a response that an app decides on, and that are the same in each run
_ASSERTED = (
    *("content-type", "location", "cache-control", "allow", "content-language", "vary"),
    *("www-authenticate", "access-control-allow-origin"),
)
# Headers of a request that say how it was sent, and not what was asked
_NOT_SENT = frozenset(
    {"accept-encoding", "connection", "user-agent", "upgrade", "priority", "dnt", "te"}
    | {"upgrade-insecure-requests", "traceparent", "tracestate", "cache-control", "pragma"}
)
# How the notes on a request begin that cannot be made again as it was
_NOT_WHOLE = ("the recording has no files", "the body is cut")
_NOT_ASKED = ("sec-", "x-request-id", "x-forwarded")
_LONGEST_TEXT, _LONGEST_BYTES, _MOST_LINES = 20_000, 1000, 20


def http_test(exchange: Exchange, name: str, used: Used) -> Iterator[str]:
    """The lines of the test of *exchange*, which got a whole response, or is an event stream."""
    places = Places()
    request = request_again(exchange, places.mark)
    streams = is_event_stream(exchange)
    for note in request.notes:
        if note.startswith(_NOT_WHOLE):
            yield f"@pytest.mark.skip(reason={quoted(note)})"
    yield from head(exchange, name)
    yield from notes(request)
    call = list(_call(request, places, used, streams=streams))
    if not streams:
        yield "    response = await client.request("
        yield from call
        yield "    )"
        yield ""
        yield from _asserted(exchange, "    ", used)
        return
    yield "    async with client.stream("
    yield from call
    yield "    ) as response:"
    yield from _asserted(exchange, "        ", used)


def head(exchange: Exchange, name: str) -> Iterator[str]:
    """The first lines of a test."""
    answer = exchange.answer
    status = f" answered {answer.status}" if answer else ""
    took = "" if exchange.ended is None else f" in {duration(exchange.ended)}"
    what = printable(f"{exchange.method or 'WebSocket'} {exchange.path}")
    what = what.replace("\\", "/").replace('"', "'")
    yield f"async def {name}(client):"
    yield f'    """{what}{status}{took}: exchange {exchange.id[-6:]}."""'


def notes(request: Request) -> Iterator[str]:
    """Comments on what in the request differs from the recorded one."""
    for note in request.notes:
        if not note.startswith(("masked", "a WebSocket", *_NOT_WHOLE)):
            yield f"    # {note}"


def is_whole(exchange: Exchange) -> bool:
    """Whether the client got a whole response, even if it was the server's own."""
    if exchange.outcome == "client_gone":
        return False
    answer = exchange.answer
    if answer is not None and answer.by == "server":
        return True
    return any(
        event.type == "http.response.body"
        and event.message.get("more_body") is not True
        and event.raised is None
        for event in exchange.events
    )


def sent_headers(
    request: Request, places: Places, used: Used, without: frozenset[str] = frozenset()
) -> list[tuple[str, Any]]:
    """The headers to send, except those that every client sets itself."""
    headers = []
    for raw, value in request.headers:
        name = raw.decode("latin-1")
        lower = name.lower()
        if lower in _NOT_SENT | without or lower.startswith(_NOT_ASKED):
            continue
        if (lower, value) == ("accept", b"*/*"):
            continue
        text = value.decode("latin-1")
        said = filled(text, places, used)
        if not value.isascii():  # as text, a client would refuse it
            masked = places.names(text)
            said = Code(f'({said}).encode("latin-1")' if masked else quoted(value))
        headers.append((name, said))
    return headers


def _call(request: Request, places: Places, used: Used, *, streams: bool) -> Iterator[str]:
    yield f"        {quoted(request.method)},"
    yield f"        {filled(request.origin + request.target, places, used)},"
    said = _body(request, places, used)
    without = frozenset({"content-type"}) if said.startswith("json=") else frozenset[str]()
    headers = sent_headers(request, places, used, without)
    if headers:
        # A list, because a name may be there twice
        yield f"        headers={written(headers, 8, 9)},"
    if said:
        yield f"        {said},"
    if streams:
        yield "        timeout=None,"


def _body(request: Request, places: Places, used: Used) -> str:
    if not request.body:
        return ""
    kinds = [value for name, value in request.headers if name.lower() == b"content-type"]
    value = of_json(request.body) if kinds == [b"application/json"] else None
    if value is not None:
        return f"json={written(given(value, places, used), 8, 6)}"
    text = utf8(request.body)
    if text is None:
        return f"content={quoted(request.body)}"
    return f"content={filled(text, places, used)}"


def _asserted(exchange: Exchange, indent: str, used: Used) -> Iterator[str]:
    answer = exchange.answer
    status = answer.status if answer else 0
    yield f"{indent}assert response.status_code == {status}"
    if answer and answer.by == "server":
        return
    pairs = [
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in headers_of(exchange, "send")
    ]
    for name in _ASSERTED:
        values = [value for key, value in pairs if key == name]
        # How a client reads a value that is no ASCII depends on all other headers
        sure = len(values) == 1 and values[0].isascii() and values[0].isprintable()
        if sure and not varies(values[0], exchange.began):
            yield f"{indent}assert response.headers[{quoted(name)}] == {quoted(values[0])}"
    body = body_of(exchange, "send")
    if is_event_stream(exchange):
        yield from _stream(body, indent, used, exchange.began)
    elif exchange.method != "HEAD":
        kind = dict(pairs).get("content-type", "")
        yield from _content(body, kind, indent, used, exchange.began)


def _content(body: Body, content_type: str, indent: str, used: Used, began: int) -> Iterator[str]:
    if body.cut:
        yield f"{indent}# the recording has only {len(body.data)} of {body.size} bytes of the body"
        return
    if not body.data:
        yield f'{indent}assert response.content == b""'
        return
    value = of_json(body.data) if "json" in content_type else None
    text = utf8(body.data)
    if value is not None:
        said = written(expected(value, used, began), len(indent), 26)
        yield f"{indent}assert response.json() == {said}"
    elif text is None:
        yield from _octets(body.data, indent)
    elif not varies(text, began) and len(text) <= _LONGEST_TEXT:
        yield f"{indent}assert response.text == {quoted(text)}"
    else:
        yield f"{indent}# a part of the body differs from run to run, or was masked, or is long"
        lines = [line for line in text.splitlines() if line.strip() and not varies(line, began)]
        yield f"{indent}for line in {written(lines[:_MOST_LINES], len(indent), 13)}:"
        yield f"{indent}    assert line in response.text"


def _octets(data: bytes, indent: str) -> Iterator[str]:
    if len(data) <= _LONGEST_BYTES:
        yield f"{indent}assert response.content == {quoted(data)}"
    else:
        yield f"{indent}assert len(response.content) == {len(data)}"


def _stream(body: Body, indent: str, used: Used, began: int) -> Iterator[str]:
    """The lines of the stream as they come; then the client leaves: a stream may never end."""
    text = body.data.decode(errors="replace")
    yield f"{indent}lines = response.aiter_lines()"
    plain: list[str] = []
    # What comes after the last line break may be a part of a line
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        value = of_json(line.removeprefix("data:").encode()) if line.startswith("data:") else None
        if value is None or not varies(line, began):
            used.any_ = used.any_ or varies(line, began)
            plain.append(Code("ANY") if varies(line, began) else line)
            continue
        yield from _lines(plain, indent)
        plain.clear()
        used.json_ = True
        said = written(expected(value, used, began), len(indent), 46)
        yield f"{indent}assert json.loads((await anext(lines))[5:]) == {said}"
    yield from _lines(plain, indent)


def _lines(plain: list[str], indent: str) -> Iterator[str]:
    if plain:
        yield f"{indent}expected = {written(plain, len(indent), 11)}"
        yield f"{indent}assert [await anext(lines) for _ in expected] == expected"
