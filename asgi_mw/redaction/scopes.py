"""Mask secrets in the snapshot of an ASGI scope."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from asgi_mw.redaction.forms import form_spans, is_plain
from asgi_mw.redaction.headers import header_pairs, subprotocols
from asgi_mw.redaction.known import Known
from asgi_mw.redaction.names import noted
from asgi_mw.redaction.paths import masked_path
from asgi_mw.redaction.plausible import plausible_spans
from asgi_mw.redaction.spans import MASK, masked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.redaction.names import Names

# Keys whose values are not free text
_OWN = frozenset({"headers", "query_string", "raw_path", "subprotocols", "aws.event"})
_DEEPEST = 32
_MOST_VALUES = 10_000  # a value may hold itself twice, and again, and again


def mask_scope(
    scope: Mapping[str, Any], secret: Names, known: Known | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Mask *scope*, and name what was masked; what is in *known* is not searched again.

    >>> from asgi_mw.redaction.names import compile_names
    >>> scope = {"type": "http", "path": "/token=x", "state": {"user": {"pin": 1}}}
    >>> mask_scope(scope, compile_names())
    ({'type': 'http', 'path': '/token=[redacted]', 'state': {'user': {'pin': '[redacted]'}}}, \
('token', 'pin'))
    """
    walk = _Walk(secret, Known() if known is None else known)
    texts = walk.known.texts
    shown = {
        # Most of a scope is what the one before it had, too
        key: value
        if value.__class__ is str and value in texts and not (key in _OWN or secret(key))
        else walk.top(key, value)
        for key, value in scope.items()
    }
    return shown, noted(walk.names) if walk.names else ()


@dataclass(slots=True)
class _Walk:
    secret: Names
    known: Known
    names: list[str] = field(default_factory=list)
    values: int = 0

    def top(self, key: str, value: Any) -> Any:
        """Mask the value of one key of the scope by what the specification says it is."""
        if key not in _OWN:
            return self.named(key, value, 0)
        if key == "headers" and isinstance(value, (list, tuple)):
            return header_pairs(value, self.secret, self.names, self.known)
        if key == "query_string" and isinstance(value, (bytes, str)):
            if value.__class__ is bytes and is_plain(value, self.secret):
                return value
            return self.string(value, self.query)
        if key == "raw_path" and isinstance(value, (bytes, str)):
            return self.string(value, self.path)
        if (
            key == "subprotocols"
            and isinstance(value, (list, tuple))
            and all(isinstance(item, str) for item in value)
        ):
            return subprotocols(value, self.secret, self.names)
        if key == "aws.event" and isinstance(value, dict) and value.get("body"):
            # A copy of the request's body, often in base64: the events have it, masked
            self.names.append("aws.event body")
            value = {**value, "body": MASK}
        return self.named(key, value, 0)

    def named(self, name: object, value: Any, depth: int) -> Any:
        """Mask *value* whole if *name* is secret, else what is secret within."""
        if value is None or value is True or value is False:
            return value
        key = name.decode("latin-1") if isinstance(name, bytes) else name
        if isinstance(key, str) and self.secret(key):
            self.names.append(key)
            return MASK
        return self.value(value, depth)

    def value(self, value: Any, depth: int) -> Any:
        """Mask what is secret within *value*, to a bounded depth and number of values."""
        self.values += 1
        if value.__class__ is str:
            return self.text(value)
        if isinstance(value, (bytes, str)):
            return self.string(value, self.text)
        if not isinstance(value, (dict, list, tuple)):
            return value
        if depth == _DEEPEST or self.values > _MOST_VALUES:
            self.names.append("depth" if depth == _DEEPEST else "size")
            return MASK
        if isinstance(value, dict):
            return {key: self.named(key, held, depth + 1) for key, held in value.items()}
        held = [self.value(item, depth + 1) for item in value]
        return held if isinstance(value, list) else tuple(held)

    def string(self, value: bytes | str, mask: Any) -> bytes | str:
        """Mask text, or bytes as Latin-1."""
        if isinstance(value, bytes):
            return bytes(mask(value.decode("latin-1")).encode("latin-1"))
        return str(mask(value))

    def text(self, text: str) -> str:
        """Mask free text."""
        if text in self.known.texts:
            return text
        spans = plausible_spans(text, self.secret)
        if not spans:
            self.known.note_text(text)
            return text
        self.names += [span.name for span in spans]
        return masked(text, spans)

    def query(self, text: str) -> str:
        """Mask a query string."""
        spans = form_spans(text, self.secret)
        self.names += [span.name for span in spans]
        return masked(text, spans)

    def path(self, text: str) -> str:
        """Mask a path that is still percent-encoded."""
        return masked_path(text, self.secret, self.names)
