"""Mask the recorded pieces of one body, or say why that cannot be done."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asgi_mw.caches import remembered
from asgi_mw.headers import charset_of
from asgi_mw.redaction.coding import UndecodableError, codings_of, decode
from asgi_mw.redaction.forms import form_spans
from asgi_mw.redaction.json_spans import json_spans
from asgi_mw.redaction.multipart import multipart_spans
from asgi_mw.redaction.names import noted
from asgi_mw.redaction.plausible import plausible_spans
from asgi_mw.redaction.spans import Piece, masked_pieces, merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.redaction.names import Names
    from asgi_mw.redaction.spans import Span

_JSON = re.compile(r"[^/]*/(?:[^/]*[.+-])?(?:json|jsonl|ndjson)(?:[.+-][^/]*)?\Z")
_TEXT = re.compile(
    r"text/.*|[^/]*/(?:.*\+)?(?:xml|yaml)|application/(?:(?:x-)?(?:java|ecma)script"
    r"|x-yaml|toml|graphql|sql|sdp|xhtml.*|xml.*)\Z"
)
# In other charsets a secret may be written without the bytes of its ASCII spelling.
_ASCII_CHARSETS = re.compile(r"(?:us-?)?ascii|utf-?8|iso-?8859-\d+|latin-?\d|windows-125\d|cp125\d")
_FORMS = {"application/x-www-form-urlencoded": "form", "text/event-stream": "event stream"}
_NO_FORM = re.compile(r"[\s<>{}\"]")  # a form encodes these
_CONTROL = bytes({*range(0x20)} - {*b"\t\n\v\f\r\x1b"})


@dataclass(frozen=True, slots=True)
class MaskedBody:
    """What may be kept of a body.

    Attributes:
        pieces: As many as were given, without secrets; ``None`` if secrets cannot be found, so
            that nothing but size and digest may be kept.
        names: What was masked.
        reason: Why *pieces* is ``None``, or "".
        decoded: The pieces are without the content coding they came with.
        cut: Decoding ended early, at the limit.
    """

    pieces: tuple[bytes, ...] | None
    names: tuple[str, ...] = ()
    reason: str = ""
    decoded: bool = False
    cut: bool = False


def mask_body(
    pieces: Sequence[bytes],
    secret: Names,
    *,
    content_type: str,
    content_encoding: str,
    piece: Piece,
    decoded_limit: int,
) -> MaskedBody:
    """Mask *pieces*, the beginning of one body; see `Redaction.body`."""
    if not any(pieces):
        return MaskedBody(tuple(pieces))
    codings = codings_of(content_encoding) if content_encoding else []
    decoded_cut = False
    if codings:
        try:
            decoded = decode(pieces, codings, limit=decoded_limit)
        except UndecodableError as error:
            return MaskedBody(None, reason=str(error))
        pieces, decoded_cut = decoded.pieces, decoded.cut
    joined = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if codings:  # the end of the stream may be missing even if all that was sent is here
        piece = piece._replace(cut=True)
    spans = _spans(joined, content_type, secret, piece)
    if spans is None:
        return MaskedBody(None, reason="its media type is not searchable")
    return MaskedBody(
        masked_pieces(pieces, spans),
        noted(span.name for span in spans) if spans else (),
        decoded=bool(codings),
        cut=decoded_cut,
    )


def _spans(body: bytes, content_type: str, secret: Names, piece: Piece) -> list[Span] | None:
    form = _form(content_type)
    text = body.decode("latin-1")
    if form == "multipart":
        spans = multipart_spans(
            text,
            content_type,
            secret,
            lambda content, kind: _part_spans(content, kind, secret, cut=piece.cut),
        )
        return None if spans is None else merged(spans)
    if form in {"other charset", "other"} or b"\0" in body:  # UTF-16, or no text at all
        return None
    if form == "json" and not _is_utf8(body) and not json_spans(text, secret, cut=piece.cut).sound:
        return None
    if not form and (len(body.translate(None, _CONTROL)) < len(body) or not _is_utf8(body)):
        return None
    if form == "form":
        spans = form_spans(text, secret, cut=piece.cut, headless=piece.headless)
        if _NO_FORM.search(text) is None:
            return spans
        # What curl -d sends as a form is often JSON.
        return merged(spans + plausible_spans(text, secret, cut=piece.cut))
    return plausible_spans(text, secret, cut=piece.cut, headless=piece.headless)


@remembered(256, longest=128)  # types come from the client
def _form(content_type: str) -> str:
    """How a body of this media type is searched; empty without a type."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        return "multipart"
    charset = charset_of(content_type)
    if charset and not _ASCII_CHARSETS.fullmatch(charset):
        return "other charset"
    if _JSON.fullmatch(kind):
        return "json"
    if kind in _FORMS:
        return _FORMS[kind]
    return "text" if _TEXT.fullmatch(kind) else kind and "other"


def _part_spans(content: str, kind: str, secret: Names, *, cut: bool) -> list[Span] | None:
    if kind.strip().lower().startswith("multipart/"):
        return None
    # RFC 7578 section 4.4: a part without a type is text.
    return _spans(content.encode("latin-1"), kind, secret, Piece(cut=cut))


def _is_utf8(body: bytes) -> bool:
    if body.isascii():
        return True
    try:
        getincrementaldecoder("utf-8")().decode(body)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True
