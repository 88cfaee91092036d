"""The scope of a tape, masked, as JSON text; what many requests have in common only once."""

from __future__ import annotations

import marshal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.recorder.text import joined, members
from asgi_mw.snapshots import snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.redaction import Redaction

# What differs from request to request
_OWN = ("client", "path", "raw_path", "query_string", "headers")
_LONGEST_COMMON = 2048


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


def written_scope(frozen: bytes, redact: Redaction) -> WrittenScope:
    """The masked text of a scope that :func:`~asgi_mw.snapshots.frozen` made *frozen* of."""
    common = marshal.loads(frozen)  # noqa: S302  # our own
    own = {key: common.pop(key) for key in _OWN if key in common}
    headers = own.get("headers")
    # Headers can be masked and written as they are
    shown, names = redact.scope(
        {key: value if key == "headers" else snapshot(value) for key, value in own.items()}
    )
    refrozen = marshal.dumps(common, 2)
    look_up = _common if len(refrozen) <= _LONGEST_COMMON else _common.__wrapped__
    texts, common_shown, common_names = look_up(refrozen, redact)
    return WrittenScope(
        str(common["type"]),
        joined({**texts, **members(shown)}),
        {**common_shown, **shown},
        (*common_names, *names),
        headers,
    )


@lru_cache(maxsize=256)
def _common(
    frozen: bytes, redact: Redaction
) -> tuple[dict[str, str], dict[str, Any], tuple[str, ...]]:
    shown, names = redact.scope(snapshot(marshal.loads(frozen)))  # noqa: S302  # our own
    return members(shown), shown, names
