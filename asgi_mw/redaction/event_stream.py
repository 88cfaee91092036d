"""Find secrets in ``text/event-stream`` bodies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.json_spans import json_spans
from asgi_mw.redaction.spans import merged
from asgi_mw.redaction.text import text_spans

if TYPE_CHECKING:
    from asgi_mw.redaction.names import Names
    from asgi_mw.redaction.spans import Span, Within

# https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
_EVENT_END = re.compile(r"(?:\r\n|\n|\r(?!\n)){2,}+")
_LINE = re.compile(r"[^\r\n]++")
_DATA = re.compile(r"(?:\xef\xbb\xbf)?data:")


def event_stream_spans(
    text: str, secret: Names, *, cut: bool = False, within: Within | None = None
) -> list[Span]:
    r"""Find secrets in the data of each event, be it JSON or text, and in its other lines.

    Field names are blanked out first: so the lines of the data are joined, and every character
    keeps its place.

    Args:
        text: The body as Latin-1.
        secret: Says which names are secret.
        cut: The text goes on beyond its end.
        within: Finds the secrets in the data of an event; by default it is JSON or free text.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = 'event: login\ndata: {"pin":\ndata: "1234"}\n\n: token=x\n\n'
    >>> masked(text, event_stream_spans(text, compile_names()))
    'event: login\ndata: {"pin":\ndata: "[redacted]"}\n\n: token=[redacted]\n\n'
    """
    found: list[Span] = []
    start = 0
    for end, after in [*(match.span() for match in _EVENT_END.finditer(text)), (len(text),) * 2]:
        found += _event(text, start, end, secret, within, cut=cut and end == len(text))
        start = after
    return merged(found)


def _event(
    text: str, start: int, end: int, secret: Names, within: Within | None, *, cut: bool
) -> list[Span]:
    data: list[str] = []
    others: list[str] = []
    at = start
    for line in _LINE.finditer(text, start, end):
        gap = text[at : line.start()]
        field = _DATA.match(text, *line.span())
        blank = " " * len(line[0])
        if field:
            data += gap, " " * len(field[0]), text[field.end() : line.end()]
            others += gap, blank
        else:
            data += gap, blank
            others += gap, line[0]
        at = line.end()
    joined = "".join(data)
    spans = text_spans("".join(others), secret, cut=cut)
    if within is not None:
        spans += within(joined, cut=cut)
    elif joined.lstrip()[:1] in {"{", "[", '"'}:
        spans += json_spans(joined, secret, cut=cut).spans
    else:
        spans += text_spans(joined, secret, cut=cut)
    return [span._replace(start=start + span.start, end=start + span.end) for span in spans]
