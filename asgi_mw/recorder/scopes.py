"""The scope of a tape, masked, as JSON text; what many requests share is masked only once."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.caches import keep
from asgi_mw.recorder.text import joined, members, written
from asgi_mw.snapshots import ATOMS, snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.recorder.drafts import Draft
    from asgi_mw.redaction import Redaction
    from asgi_mw.terms import Terms

# What differs from request to request
_OWN = ("client", "path", "raw_path", "query_string", "headers")
_MOST_COMMON, _LONGEST_COMMON = 256, 2048


class _Common(NamedTuple):
    """What many scopes have in common, masked.

    Attributes:
        type: Their type, as it was.
        text: It as JSON, to which members are added: a label, a value, and *close*.
        labels: How a member of each name begins.
        close: What closes a member.
        end: The end of the text.
        shown: What columns are made of.
        names: What was masked.
    """

    type: str
    text: str
    labels: Mapping[str, str]
    close: str
    end: str
    shown: Mapping[str, Any]
    names: tuple[str, ...]


def write_scope(draft: Draft, frozen: bytes, terms: Terms) -> tuple[Any, tuple[str, ...]]:
    """Put the scope into *draft*, masked; :func:`~asgi_mw.snapshots.frozen` made *frozen* from it.

    Returns its headers before they were masked, and what was masked.
    """
    plain = marshal.loads(frozen)  # noqa: S302  # our own
    own = {key: plain.pop(key) for key in _OWN if key in plain}
    headers = own.get("headers")
    for key, value in own.items():
        if value.__class__ not in ATOMS and key != "headers":  # headers can be written as they are
            own[key] = snapshot(value)
    shown, names = terms.redact.scope(own)
    common = _common_of(marshal.dumps(plain, 2), terms)
    texts = [common.text]
    for key, value in shown.items():
        texts += common.labels[key], written(value), common.close
    texts.append(common.end)
    draft.type = common.type
    draft.scope = {**common.shown, **shown}
    draft.scope_text = "".join(texts)
    return headers, common.names + names


def _common_of(frozen: bytes, terms: Terms) -> _Common:
    known: dict[bytes, _Common] = terms.known.setdefault("scopes", {})
    found = known.get(frozen)
    if found is None:
        found = _common(frozen, terms.redact)
        if len(frozen) <= _LONGEST_COMMON:
            keep(known, frozen, found, _MOST_COMMON)
    return found


def _common(frozen: bytes, redact: Redaction) -> _Common:
    plain = marshal.loads(frozen)  # noqa: S302  # our own
    shown, names = redact.scope(snapshot(plain))
    text = joined(members(shown))
    odd = text.startswith('{"$dict"')  # see ``joined``
    label, close, end = (',["%s",', "]", "]}") if odd else (',"%s":', "", "}")
    return _Common(
        str(plain["type"]),
        text.removesuffix(end),
        {key: label % key for key in _OWN},
        close,
        end,
        {key: shown[key] for key in ("method",) if key in shown},
        names,
    )
