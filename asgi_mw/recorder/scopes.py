"""The scope of a tape, masked, as JSON text; what many requests have in common only once."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.recorder.text import joined, members, written
from asgi_mw.snapshots import ATOMS, snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.redaction import Redaction
    from asgi_mw.terms import Terms

# What differs from request to request
_OWN = ("client", "path", "raw_path", "query_string", "headers")
_MOST_COMMON, _LONGEST_COMMON = 256, 2048


class WrittenScope(NamedTuple):
    """A masked scope.

    Attributes:
        type: Its type, as it was.
        text: It, as JSON.
        shown: The members that columns are made of, among others.
        names: What was masked.
        headers: The headers before they were masked.
    """

    type: str
    text: str
    shown: Mapping[str, Any]
    names: tuple[str, ...]
    headers: Any


class _Common(NamedTuple):
    """What many scopes have in common, masked: as text without its end, and as it is."""

    type: str
    text: str
    member: str
    end: str
    shown: Mapping[str, Any]
    names: tuple[str, ...]


def written_scope(frozen: bytes, terms: Terms) -> WrittenScope:
    """The masked text of a scope that :func:`~asgi_mw.snapshots.frozen` made *frozen* of."""
    plain = marshal.loads(frozen)  # noqa: S302  # our own
    own = {key: plain.pop(key) for key in _OWN if key in plain}
    headers = own.get("headers")
    for key, value in own.items():
        if value.__class__ not in ATOMS and key != "headers":  # they can be written as they are
            own[key] = snapshot(value)
    shown, names = terms.redact.scope(own)
    common = _common_of(marshal.dumps(plain, 2), terms)
    texts = [common.member % (key, written(value)) for key, value in shown.items()]
    return WrittenScope(
        common.type,
        "".join([common.text, *texts, common.end]),
        {**common.shown, **shown},
        common.names + names,
        headers,
    )


def _common_of(frozen: bytes, terms: Terms) -> _Common:
    known: dict[bytes, _Common] = terms.known.setdefault("scopes", {})
    found = known.get(frozen)
    if found is None:
        found = _common(frozen, terms.redact)
        if len(frozen) <= _LONGEST_COMMON:
            if len(known) >= _MOST_COMMON:
                known.clear()
            known[frozen] = found
    return found


def _common(frozen: bytes, redact: Redaction) -> _Common:
    plain = marshal.loads(frozen)  # noqa: S302  # our own
    shown, names = redact.scope(snapshot(plain))
    text = joined(members(shown))
    odd = text.endswith("]}") and text.startswith('{"$dict"')
    member, end = (',["%s",%s]', "]}") if odd else (',"%s":%s', "}")
    return _Common(str(plain["type"]), text.removesuffix(end), member, end, shown, names)
