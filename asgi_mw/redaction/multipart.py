"""Find secrets in ``multipart/*`` bodies, whole or truncated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from asgi_mw.redaction.spans import MASK, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.redaction.names import IsSecret

# RFC 2046 section 5.1.1: the border is a line of its own, and at most 70 characters long.
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)
_SNIFFED = re.compile(r"(?:\r?\n)?--([^\r\n]{1,200}?)[ \t]*\r?\n")
_HEADERS_END = re.compile(r"\r?\n\r?\n")
_FIELD = re.compile(r"(?im)^([\w-]++):[ \t]*+([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)")
_NAME = re.compile(r'[;\s]name\s*=\s*(?:"((?:[^"\\]|\\.)*+)"?|([^\s;]*))', re.IGNORECASE)
_NAME_EXTENDED = re.compile(r"[;\s]name\*\s*=\s*[\w-]*'[^']*'([^\s;]*)", re.IGNORECASE)
_CUT_HEADERS = re.compile(r"(?:\r?\n(?:content-[^\r\n]*+|[ \t][^\r\n]*+)?)*+\r?\Z", re.IGNORECASE)
_DISPOSITION = re.compile(r"content-disposition:[^\r\n]*+", re.IGNORECASE)
_SIZED = re.compile(r"\[[0-9]{1,12} bytes\]")
_LONGEST_HEADERS = 1024
_FILE_NAME = re.compile(r"[;\s]filename\*?\s*=", re.IGNORECASE)


class Part(NamedTuple):
    """What the headers of one part say: *kind* is its media type, "" if it has none."""

    names: list[str]
    kind: str
    opaque: bool


def multipart_spans(
    text: str, content_type: str, secret: IsSecret, within: Callable[[str, str], list[Span] | None]
) -> list[Span] | None:
    r"""Find the content of parts with secret names, and secrets within the other parts.

    Content that cannot be searched is replaced by its size.

    Args:
        text: The body as Latin-1.
        content_type: The value of the header, with the boundary.
        secret: Says which names are secret.
        within: Finds the secrets of a part from its content and media type; ``None`` if it
            cannot.

    Returns:
        The spans, or ``None`` if *text* is no multipart body.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = '--b\r\nContent-Disposition: form-data; name="pin"\r\n\r\n12\r\n--b--\r\n'
    >>> spans = multipart_spans(text, "multipart/form-data; boundary=b", compile_names(), print)
    >>> masked(text, spans).splitlines()
    ['--b', 'Content-Disposition: form-data; name="pin"', '', '[redacted]', '--b--']
    """
    given = _BOUNDARY.search(content_type) or _SNIFFED.match(text)
    if given is None:
        return None
    boundary = next(filter(None, given.groups())).rstrip()
    border = re.compile(rf"(?:\A|\r?\n)--{re.escape(boundary)}(--)?[ \t]*(?=\r?\n|\Z)")
    found: list[Span] = []
    borders = list(border.finditer(text))
    if not borders:
        return None
    _note(found, text, 0, borders[0].start())
    for index, match in enumerate(borders):
        start = match.end()
        end = borders[index + 1].start() if index + 1 < len(borders) else len(text)
        if match[1]:
            _note(found, text, start, end)
            continue
        blank = _HEADERS_END.search(text, start, end)
        if blank is None:
            found += _headers_without_end(text, start, end)
            continue
        part = _part(text[start : blank.start()])
        start = blank.end()
        if start >= end:
            continue
        named = next(filter(secret, part.names), None)
        if named is not None:
            found.append(Span(start, end, name=named))
            continue
        inner = None if part.opaque else within(text[start:end], part.kind)
        if inner is None:
            if _SIZED.fullmatch(text, start, end) is None:  # else it was masked before
                found.append(Span(start, end, f"[{end - start} bytes]", "".join(part.names[:1])))
        else:
            found += [
                span._replace(start=start + span.start, end=start + span.end) for span in inner
            ]
    return found


def part_spans(text: str, secret: IsSecret) -> list[Span]:
    r"""Find the content of parts with secret names wherever they stand in *text*.

    >>> from asgi_mw.redaction.names import compile_names
    >>> text = 'x --b\nContent-Disposition: form-data; name="pin"\n\n12\n--b--'
    >>> part_spans(text, compile_names())
    [Span(start=50, end=52, mask='[redacted]', name='pin')]
    """
    found: list[Span] = []
    border = 0
    for match in _DISPOSITION.finditer(text):
        named = next(filter(secret, _names(match[0])), None)
        if named is None:
            continue
        blank = _HEADERS_END.search(text, match.end(), match.end() + _LONGEST_HEADERS)
        start = blank.end() if blank else match.end()
        if 0 <= border < start:
            border = text.find("\n--", start)
        end = len(text) if border < 0 else border
        if start < end:
            found.append(Span(start, end, name=named))
    return found


def _note(found: list[Span], text: str, start: int, end: int) -> None:
    """Mask what stands outside the parts, which no receiver reads."""
    if text[start:end].strip():
        found.append(Span(start, end, MASK, "multipart"))


def _headers_without_end(text: str, start: int, end: int) -> list[Span]:
    """Mask all but the fields that say what the part is: a body may have been cut here."""
    if _CUT_HEADERS.match(text, start, end) is None and start < end:
        return [Span(start, end, name="multipart")]
    return []


def _part(headers: str) -> Part:
    fields = {match[1].lower(): match[2] for match in _FIELD.finditer(headers)}
    disposition = " " + fields.get("content-disposition", "")
    names = _names(disposition)
    kind = fields.get("content-type", "")
    coded = fields.get("content-transfer-encoding", "").strip().lower() in {
        "base64",
        "quoted-printable",
    }
    unnamed_file = _FILE_NAME.search(disposition) is not None and not kind
    return Part(names, kind, coded or unnamed_file)


def _names(disposition: str) -> list[str]:
    # Receivers differ in which of several names they take.
    names = [unquote(match[1]) for match in _NAME_EXTENDED.finditer(disposition)]
    return names + [
        match[2] if match[1] is None else re.sub(r"\\(.)", r"\1", match[1])
        for match in _NAME.finditer(disposition)
    ]
