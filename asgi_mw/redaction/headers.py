"""Mask secrets in header pairs, well formed or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from asgi_mw.redaction.forms import form_spans
from asgi_mw.redaction.glance import is_clean
from asgi_mw.redaction.pairs import SCHEMES
from asgi_mw.redaction.plausible import plausible_spans
from asgi_mw.redaction.spans import MASK, WHOLE, masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.redaction.known import Known
    from asgi_mw.redaction.names import Names
    from asgi_mw.redaction.spans import Piece

# RFC 6265 section 4.1.1 and its successors
_COOKIE_ATTRIBUTES = frozenset(
    "domain expires httponly max-age partitioned path priority samesite secure version".split()  # noqa: SIM905  # words read best as words
)
_AUTHORIZATION = frozenset({"authorization", "proxy-authorization"})
_URLS = frozenset(
    """content-location destination location origin referer referrer x-forwarded-uri
    x-original-uri x-original-url x-rewrite-url""".split()  # noqa: SIM905  # words read best as words
)

# Browsers set no header on a WebSocket, so tokens travel as subprotocols:
# `bearer, <token>`, `openai-insecure-api-key.<key>`,
# `base64url.bearer.authorization.k8s.io.<token>`.
_TOKEN_WITHIN = re.compile(
    r"((?:^|[\s._:|-])(?:api-?key|auth|authorization|bearer|jwt|secret|ticket|token)[._:|-])(.+)",
    re.IGNORECASE | re.DOTALL,
)


def header_pairs(
    pairs: Iterable[Any],
    secret: Names,
    names: list[str],
    known: Known | None = None,
    piece: Piece = WHOLE,
) -> list[tuple[bytes, bytes] | Any]:
    """Mask *pairs*, adding to *names* what was masked, and to *known* what was not.

    A malformed pair keeps its form and is masked as far as a name or value can be made out.  If the
    values are only a *piece* of what was sent, what may be part of a secret at its ends is masked.

    >>> from asgi_mw.redaction.names import compile_names
    >>> header_pairs([(b"cookie", b"sid=1; theme=dark"), ("X-Token", "x")], compile_names(), [])
    [(b'cookie', b'sid=[redacted]; theme=[redacted]'), ('X-Token', '[redacted]')]
    """
    if known is None or piece is not WHOLE:
        return [_pair(pair, secret, names, piece) for pair in pairs]
    result: list[Any] = []
    for pair in pairs:
        key = tuple(pair) if pair.__class__ is list else pair
        try:
            if key in known.pairs:
                result.append(pair)
                continue
        except TypeError:  # malformed
            pass
        well_formed = _is_well_formed(pair)
        if well_formed and _is_clean(pair[0], pair[1], secret):
            result.append(pair)
            known.note_pair(key)
            continue
        before = len(names)
        result.append(_pair(pair, secret, names, WHOLE))
        if well_formed and len(names) == before:
            known.note_pair(key)
    return result


def _is_well_formed(pair: Any) -> bool:
    return (
        (pair.__class__ is tuple or pair.__class__ is list)
        and len(pair) == 2
        and pair[0].__class__ is bytes is pair[1].__class__
    )


def _is_clean(name: bytes, value: bytes, secret: Names) -> bool:
    kind = name.decode("latin-1").strip().lower()
    if kind == "sec-websocket-protocol" or secret(kind):
        return False
    return is_clean(value.decode("latin-1"), secret)


def subprotocols(values: Iterable[str], secret: Names, names: list[str]) -> list[str]:
    """Mask tokens among WebSocket subprotocols, adding to *names* what was masked.

    >>> from asgi_mw.redaction.names import compile_names
    >>> subprotocols(["graphql-ws", "bearer", "s3cr3t"], compile_names(), [])
    ['graphql-ws', 'bearer', '[redacted]']
    """
    result = []
    before = ""
    for value in values:
        shown = value
        if before and secret(before):
            shown = MASK
        elif match := _TOKEN_WITHIN.search(value):
            shown = value[: match.start(2)] + MASK
        else:
            shown = masked(value, plausible_spans(value, secret))
        if shown != value:
            names.append("subprotocol")
        before = value.strip()
        result.append(shown)
    return result


def url(text: str, secret: Names, names: list[str], piece: Piece = WHOLE) -> str:
    """Mask user information, the query, the fragment and tokens in the path of *text*.

    >>> from asgi_mw.redaction.names import compile_names
    >>> url("https://me:pw@host/?api%5Fkey=1#access_token=2", compile_names(), [])
    'https://[redacted]@host/?api%5Fkey=[redacted]#access_token=[redacted]'
    """
    result = []
    *parts, last = re.split(r"([?#])", text)
    for index, part in enumerate([*parts, last]):
        cut = piece.cut and index == len(parts)
        headless = piece.headless and index == 0
        # A path is no form: what is encoded in it is masked where it stands
        find = form_spans if index or headless else plausible_spans
        spans = find(part, secret, cut=cut, headless=headless)
        names += [span.name for span in spans]
        result.append(masked(part, spans))
    return "".join(result)


def _pair(pair: Any, secret: Names, names: list[str], piece: Piece) -> Any:
    if isinstance(pair, (bytes, str)):
        return _as_text(pair, lambda line: _free(line, secret, names, piece))
    if not isinstance(pair, (list, tuple)) or not pair:
        return pair
    name = pair[0].decode("latin-1") if isinstance(pair[0], bytes) else pair[0]
    name = name.strip().lower() if isinstance(name, str) else ""
    values = [_value(name, value, secret, names, piece) for value in pair[1:]]
    return [pair[0], *values] if isinstance(pair, list) else (pair[0], *values)


def _value(name: str, value: Any, secret: Names, names: list[str], piece: Piece) -> Any:
    if not isinstance(value, (bytes, str)):
        if value is None or not secret(name):
            return value
        names.append(name)
        return MASK
    if not value:
        return value
    if name == "sec-websocket-protocol":
        return _as_text(value, lambda text: ",".join(subprotocols(text.split(","), secret, names)))
    if name in _URLS:
        return _as_text(value, lambda text: url(text, secret, names, piece))
    if not secret(name):
        return _as_text(value, lambda text: _free(text, secret, names, piece))
    names.append(name)
    if piece.headless:  # what looks like a scheme or a cookie's name may be part of the secret
        return _as_text(value, lambda _: MASK)
    if name in _AUTHORIZATION:
        return _as_text(value, _authorization)
    if name == "cookie":
        return _as_text(value, _cookie)
    if name == "set-cookie":
        return _as_text(value, _set_cookie)
    return _as_text(value, lambda _: MASK)


def _as_text(value: bytes | str, mask: Callable[[str], str]) -> bytes | str:
    if isinstance(value, bytes):
        return mask(value.decode("latin-1")).encode("latin-1")
    return mask(value)


def _free(text: str, secret: Names, names: list[str], piece: Piece) -> str:
    spans = plausible_spans(text, secret, cut=piece.cut, headless=piece.headless)
    names += [span.name for span in spans]
    return masked(text, spans)


def _authorization(text: str) -> str:
    scheme, space, _ = text.lstrip().partition(" ")
    return f"{scheme} {MASK}" if space and scheme.lower() in SCHEMES else MASK


def _cookie(text: str) -> str:
    return ";".join(map(_masked_cookie, text.split(";")))


def _set_cookie(text: str) -> str:
    first, *attributes = text.split(";")
    return ";".join([_masked_cookie(first), *map(_attribute, attributes)])


def _masked_cookie(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not value.strip():
        return MASK if name.strip() and not equals else pair
    return f"{name}={MASK}"


def _attribute(text: str) -> str:
    name, _, value = text.partition("=")
    # A second `=` is another cookie, folded into the same line.
    if name.strip().lower() in _COOKIE_ATTRIBUTES and "=" not in value:
        return text
    return f" {MASK}" if text.strip() else text
