"""Find what any plausible reader of a text would take for a secret.

A WebSocket message does not say what it is, and the media type of a body may be wrong.  So each
reader is asked: JSON, forms, event streams, multipart, and free text with its pairs and markup;
then again with the encodings undone that a text within another has.  Only sound JSON is read as
nothing else: its strings are read in all these ways, each as a text of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.edges import head_spans
from asgi_mw.redaction.event_stream import event_stream_spans
from asgi_mw.redaction.fields import line_spans
from asgi_mw.redaction.glance import is_clean
from asgi_mw.redaction.json_regions import json_regions
from asgi_mw.redaction.json_spans import json_spans
from asgi_mw.redaction.multipart import part_spans
from asgi_mw.redaction.spans import Span, merged
from asgi_mw.redaction.text import SUSPECT, text_spans
from asgi_mw.redaction.views import decoded

if TYPE_CHECKING:
    from asgi_mw.redaction.json_spans import JsonSpans
    from asgi_mw.redaction.names import Names
    from asgi_mw.redaction.views import View

_JSON = re.compile(
    r"(?:\xef\xbb\xbf)?[\s\x1e]*+(?:\w{0,8}[{\[]|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+(?:\"|\\?\Z)\s*+\Z)",
    re.ASCII | re.DOTALL,
)
_EVENT = re.compile(r"(?m)^(?:\xef\xbb\xbf)?data:")
_ENCODED = re.compile(r"[%&\\]")
_STRUCTURE = re.compile(r"[%&\\{\[\"=\n]")  # without these, all readers but one find nothing
_MOST_LAYERS = 8  # of encodings within each other
_DEEPEST = 8  # of texts within strings within texts
_GLANCED = 4  # deeper, a text that is plainly clean may hold one that is too deep
_SHORT = 256
# How many times the length of a text is read in all: what lies deeper is masked unread
_MOST_READ = 32


def plausible_spans(
    text: str, secret: Names, *, cut: bool = False, headless: bool = False
) -> list[Span]:
    r"""Find the secrets in *text*: merged spans, in linear time.

    Args:
        text: Any text, or bytes as Latin-1.
        secret: Says which names are secret.
        cut: The text goes on beyond its end: what may be half a secret there counts as one.
        headless: The text begins in the middle of a longer one: what may be half a secret at its
            beginning counts as one.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = '42["<pin>1</pin>", "a=%7B%22password%22:%22x%22%7D"]'
    >>> masked(text, plausible_spans(text, compile_names()))
    '42["<pin>[redacted]</pin>", "a=%7B%22password%22:[redacted]"]'
    """
    found: list[Span] = []
    if cut or headless:
        if SUSPECT.search(text) or _ENCODED.search(text):
            found = _Reading(secret, len(text)).text(text, cut=cut)
    elif not _is_clean(text, secret):
        found = _Reading(secret, len(text)).text(text, cut=cut)
    if headless:
        found = merged([*head_spans(text, cut=cut), *found])
    return found


def is_json(text: str) -> bool:
    """Whether *text* begins as JSON does, apart from what some protocols write before it."""
    return _JSON.match(text) is not None


def _is_clean(text: str, secret: Names) -> bool:
    # For long JSON there is another glance, which looks at equal records once
    return not (len(text) > _SHORT and is_json(text)) and is_clean(text, secret)


class _Reading:
    """Reads a text and the texts within it, at a cost that is linear in its length."""

    __slots__ = ("_depth", "_left", "_secret")

    def __init__(self, secret: Names, length: int) -> None:
        self._secret = secret
        self._depth = 0
        self._left = (length + 64) * _MOST_READ

    def text(self, text: str, *, cut: bool) -> list[Span]:
        """The secrets in *text*, which is all of a string, a value or a part."""
        self._left -= len(text)
        if 0 < self._depth < _GLANCED and not cut and _is_clean(text, self._secret):
            return []
        if _STRUCTURE.search(text) is None:  # most strings of JSON that are looked at are addresses
            return text_spans(text, self._secret, cut=cut)
        if self._depth > _DEEPEST or self._left < 0:  # no honest text goes there
            return [Span(0, len(text), name="depth")] if text else []
        self._depth += 1
        try:
            return self._spans(text, cut=cut)
        finally:
            self._depth -= 1

    def _spans(self, text: str, *, cut: bool) -> list[Span]:
        found: list[Span] = []
        if is_json(text):
            spans, sound = self._json(text, cut=cut)
            if sound:
                return spans
            found += spans
        found += self._by_all(text, cut=cut)
        views: list[View] = []
        seen = text
        while len(views) < _MOST_LAYERS and _ENCODED.search(seen) and (view := decoded(seen)):
            views.append(view)
            seen = view.text
            self._left -= len(seen)
            spans = self._by_all(seen, cut=cut)
            if "+" in seen and "%" in text:  # a space, where forms are encoded
                spans += self._by_all(seen.replace("+", " "), cut=cut)
            found += [_original(_unquoted(span, seen), views) for span in spans]
        return merged(found)

    def _by_all(self, text: str, *, cut: bool) -> list[Span]:
        found = self._by_others(text, cut=cut)
        if "{" not in text and "[" not in text:
            return found
        for start, end in json_regions(text):
            spans, _ = self._json(text[start:end], cut=cut and end == len(text))
            found += [
                span._replace(start=start + span.start, end=start + span.end) for span in spans
            ]
        return found

    def _json(self, text: str, *, cut: bool) -> JsonSpans:
        glance = self._depth <= _GLANCED
        return json_spans(text, self._secret, cut=cut, within=self.text, glance=glance)

    def _by_others(self, text: str, *, cut: bool) -> list[Span]:
        found = text_spans(text, self._secret, cut=cut)
        if "=" in text:
            found += line_spans(text, self._secret)
        if "data:" in text and _EVENT.search(text):
            found += event_stream_spans(text, self._secret, cut=cut, within=self.text)
        if "isposition" in text:
            found += part_spans(text, self._secret)
        return found


def _unquoted(span: Span, text: str) -> Span:
    """*span* without the quotes of a string, which are written otherwise in the text itself."""
    if text[span.start] == '"' == text[span.end - 1] and span.end - span.start > 2:
        return span._replace(start=span.start + 1, end=span.end - 1)
    return span


def _original(span: Span, views: list[View]) -> Span:
    for view in reversed(views):
        span = view.original(span)
    return span
