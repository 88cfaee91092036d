"""Two exchanges compared: what the app was asked, what it answered, how it ended."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from asgi_mw.differences.difference import Difference
from asgi_mw.differences.headers import header_differences
from asgi_mw.differences.kept import Known, bodies, messages
from asgi_mw.differences.matching import is_masked, unmatched
from asgi_mw.differences.streams import data_of, events_in
from asgi_mw.differences.values import changes
from asgi_mw.headers import charset_of, find
from asgi_mw.parts import headers_of, is_event_stream, octets, readable
from asgi_mw.shortest import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from asgi_mw.differences.difference import Part
    from asgi_mw.differences.matching import Matcher
    from asgi_mw.events import Exchange

# The bounds between the classes of time, in ms
_CLASSES = (100, 1_000, 10_000, 100_000)
_SPELLED = {"websocket": "WS"}


def compare(
    left: Exchange,
    right: Exchange,
    *,
    ignore: Iterable[str] = (),
    matchers: Mapping[str, Matcher] | None = None,
) -> list[Difference]:
    """How *right* differs from *left*, in the order: request, answer, messages, end, time.

    Bodies and messages that are JSON are compared by path, text by line, others by their digest.
    The messages of a WebSocket and of ``text/event-stream`` are aligned.  Headers are compared
    whatever their order.  Where the bodies differ, ``content-length`` is left out.
    A value that is masked on one side only is no difference.
    How long an exchange took is a difference only if its class of time differs (up to 100 ms, 1 s,
    10 s, 100 s, and more); it never ``counts``.

    Args:
        left: One exchange.
        right: The other.
        ignore: Names of differences to leave out, as ``"header etag"`` or
            ``"body $.items[*].id"``; ``*`` is anything, and ``"body"`` is everything in the body.
        matchers: By such a name, a function that says whether the two values are alike: `present`,
            ``within(0.01)``, ``matching(r"ord-[0-9]+")``, or any other function of both.
    """
    found = chain(
        _requests(left, right), _answers(left, right), _contents(left, right), _ends(left, right)
    )
    known = (one for one in found if not is_masked(one))
    return unmatched(known, ignore, matchers or {})


def _value(part: Part, path: str, left: Any, right: Any) -> Iterator[Difference]:
    if left == right:
        return
    if left is None or right is None:
        yield Difference(part, path, "added" if left is None else "removed", left, right)
    else:
        yield Difference(part, path, "changed", left, right)


def _requests(left: Exchange, right: Exchange) -> Iterator[Difference]:
    for name, one, other in zip(
        ("method", "path", "query"), _asked(left), _asked(right), strict=True
    ):
        yield from _value("request", name, one, other)
    for change in changes(*bodies(left, right, "receive")):
        yield Difference("request", f"body {change.path}".rstrip(), *change[1:])


def _asked(exchange: Exchange) -> tuple[str, str, str]:
    method = exchange.method or _SPELLED.get(exchange.type, exchange.type)
    return method, exchange.path, readable(octets(exchange.scope.get("query_string")))


def _answers(left: Exchange, right: Exchange) -> Iterator[Difference]:
    statuses = [one.answer.status if one.answer else None for one in (left, right)]
    yield from _value("status", "", *statuses)
    one_body, other_body = bodies(left, right, "send")
    same_body = one_body == other_body
    for one in header_differences(headers_of(left, "send"), headers_of(right, "send")):
        if same_body or one.path != "content-length":
            yield one


def _contents(left: Exchange, right: Exchange) -> Iterator[Difference]:
    streamed = left.type != "websocket"
    both = bodies(left, right, "send")
    if left.type == right.type == "websocket" and not any(both):
        lefts, rights = messages(left, right)
    elif is_event_stream(left) and is_event_stream(right):
        lefts, rights = map(events_in, both)
    else:
        for change in changes(_as_text(both[0], left), _as_text(both[1], right)):
            yield Difference("body", *change)
        return
    removed: list[int] = []
    added: list[int] = []
    ways = steps([one.hex() for one in lefts], [one.hex() for one in rights])
    for way, x, y in [*ways, ("same", 0, 0)]:
        if way == "removed":
            removed.append(x)
        elif way == "added":
            added.append(y)
        else:
            yield from _messages(lefts, rights, removed, added, streamed=streamed)
            removed, added = [], []


def _as_text(body: bytes, exchange: Exchange) -> bytes:
    """*body* in UTF-8, if its media type names another charset in which it can be read."""
    kind = find(headers_of(exchange, "send"), b"content-type") or b""
    charset = charset_of(kind.decode("latin-1"))
    if charset is None or isinstance(body, Known):
        return body
    try:
        return body.decode(charset).encode()
    except (LookupError, UnicodeError):
        return body


def _messages(
    lefts: list[bytes],
    rights: list[bytes],
    removed: list[int],
    added: list[int],
    *,
    streamed: bool,
) -> Iterator[Difference]:
    """Compare the messages between two equal ones: in pairs, then those without a counterpart."""
    pairs = min(len(removed), len(added))
    for x, y in zip(removed, added, strict=False):
        one, other = lefts[x], rights[y]
        if streamed and data_of(one) != data_of(other):
            one, other = data_of(one), data_of(other)
        for change in changes(one, other):
            yield Difference("message", f"{x + 1} {change.path}".rstrip(), *change[1:])
    for x in removed[pairs:]:
        yield Difference("message", str(x + 1), "removed", readable(lefts[x]), None)
    for y in added[pairs:]:
        yield Difference("message", str(y + 1), "added", None, readable(rights[y]))


def _ends(left: Exchange, right: Exchange) -> Iterator[Difference]:
    both = (left, right)
    closes = [one.close and [one.close.by, one.close.code, one.close.reason] for one in both]
    yield from _value("close", "", *closes)
    yield from _value("outcome", "", left.outcome, right.outcome)
    errors = [one.error and f"{one.error.type}: {one.error.message}" for one in both]
    yield from _value("error", "", *errors)
    if left.ended is not None and right.ended is not None and _class(left) != _class(right):
        took = [round(one / 1e6, 1) for one in (left.ended, right.ended)]
        yield Difference("time", "", "changed", *took)


def _class(exchange: Exchange) -> int:
    took = (exchange.ended or 0) / 1e6
    return sum(took >= one for one in _CLASSES)
