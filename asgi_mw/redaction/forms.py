"""Find secrets in queries and in ``application/x-www-form-urlencoded`` bodies."""

from __future__ import annotations

import re
from bisect import bisect_right
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from asgi_mw.redaction.fields import field_spans
from asgi_mw.redaction.glance import is_clean
from asgi_mw.redaction.plausible import plausible_spans
from asgi_mw.redaction.spans import Span, merged

if TYPE_CHECKING:
    from asgi_mw.redaction.names import Names

# A value of these alone cannot hold a URL or a second pair.
_CHARACTERS = ascii_letters + digits + "_.~,/-"
_VALUE = f"[{_CHARACTERS}]*+"
_PAIRS = re.compile(rf"{_VALUE}(?:={_VALUE})?+(?:&{_VALUE}(?:={_VALUE})?+)*+\Z", re.ASCII)
_PLAIN = f"{_CHARACTERS}=&".encode()
_ENCODED = re.compile(r"[%+]")


def is_plain(query: bytes, secret: Names) -> bool:
    """Whether *query* plainly holds no secret: most do not, and no pattern is needed to see it.

    >>> from asgi_mw.redaction.names import compile_names
    >>> is_plain(b"page=2&sort=asc", compile_names()), is_plain(b"pin=2", compile_names())
    (True, False)
    """
    if query.translate(None, _PLAIN):
        return False
    text = query.decode()
    if "eyJ" in text:
        return False
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if value and ("=" in value or secret[name]):
            return False
    return True


def form_spans(
    text: str, secret: Names, *, cut: bool = False, headless: bool = False
) -> list[Span]:
    """Find the values of secret names in *text*, and secrets within other values.

    A value is masked whole if a secret is in it once it is decoded.

    Args:
        text: A query or a form, bytes as Latin-1.
        secret: Says which names are secret.
        cut: The text goes on beyond its end.
        headless: The text begins in the middle of a longer one.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = "a=1;token=x;y&api%5Fkey=k&next=%2Fhome"
    >>> masked(text, form_spans(text, compile_names()))
    'a=1;token=[redacted]&api%5Fkey=[redacted]&next=%2Fhome'
    """
    if not (cut or headless) and is_clean(text, secret):
        return []
    found = list(field_spans(text, secret))
    if headless and text and text[0] != "&":
        found.append(Span(0, _end(text, 0), name="cut"))
    if _PAIRS.match(text) is None or "eyJ" in text:
        named = {span.start for span in found}
        within = plausible_spans(text.replace("+", " "), secret, cut=cut)
        # Where a name is secret, its value ends with the pair: no other reader is asked
        found += _whole(text, [span for span in within if span.start not in named])
    return merged(found) if len(found) > 1 else found


def _whole(text: str, spans: list[Span]) -> list[Span]:
    """*spans*, of which those in encoded values are widened to the whole value."""
    if not spans:
        return spans
    starts = [0, *(match.end() for match in re.finditer("&", text)), len(text) + 1]
    values: dict[int, tuple[int, bool]] = {}
    result = []
    for span in spans:
        index = bisect_right(starts, span.start) - 1
        if index not in values:
            start, end = starts[index], starts[index + 1] - 1
            equals = text.find("=", start, end)
            encoded = _ENCODED.search(text, start, end) is not None
            values[index] = (start if equals < 0 else equals + 1), encoded
        start, encoded = values[index]
        end = starts[bisect_right(starts, span.end - 1)] - 1
        if encoded:
            result.append(span._replace(start=min(start, span.start), end=max(end, span.end)))
        else:
            result.append(span)
    return result


def _end(text: str, at: int) -> int:
    end = text.find("&", at)
    return len(text) if end < 0 else end
