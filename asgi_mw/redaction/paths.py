"""Mask secrets in the path of a URL, percent-encoded as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from asgi_mw.redaction.glance import is_clean
from asgi_mw.redaction.headers import url
from asgi_mw.redaction.plausible import plausible_spans
from asgi_mw.redaction.spans import WHOLE, masked

if TYPE_CHECKING:
    from asgi_mw.redaction.names import Names
    from asgi_mw.redaction.spans import Piece

_UNQUOTED = "/?&=:;@[]"


def masked_path(text: str, secret: Names, names: list[str], piece: Piece = WHOLE) -> str:
    """Mask *text*, which may hold pairs, URLs and tokens, adding to *names* what was masked.

    >>> from asgi_mw.redaction.names import compile_names
    >>> masked_path("/reset/token%3Dabc/caf%C3%A9", compile_names(), [])
    '/reset/token=[redacted]'
    """
    if piece is WHOLE and is_clean(text, secret):
        return text
    path = unquote(text)
    spans = plausible_spans(path, secret, cut=piece.cut, headless=piece.headless)
    if not spans:
        return url(text, secret, names, piece)
    names += [span.name for span in spans]
    return quote(masked(path, spans), safe=_UNQUOTED)
