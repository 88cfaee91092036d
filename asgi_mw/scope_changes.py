"""What a layer changed in the scope: found while both scopes exist, kept as plain data of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.connection import KEY
from asgi_mw.snapshots import ATOMS, bounded

if TYPE_CHECKING:
    from asgi_mw.types import Scope

MISSING = "<missing>"
"""Stands for a key that a scope does not have; compared by identity."""
Change: TypeAlias = tuple[str, Any, Any]
"""Key, value before, value after."""

_ABSENT = object()
# Headers are compared elsewhere, and our own entry concerns nobody
_OTHERS = frozenset({"headers", KEY})
_STATE = "state"
# What lies deeper in a value is kept as its type and size only
_DEPTH = 2


class Seen:
    """A scope as it is at one boundary: code inside may change the dict itself, or the state.

    It holds objects of others, so it is dropped when the connection ends.
    """

    __slots__ = ("state", "values")

    def __init__(self, scope: Scope) -> None:
        self.values = {**scope}
        state = scope.get(_STATE)
        self.state: dict[Any, Any] | None = {**state} if state.__class__ is dict else None

    def is_like(self, scope: Scope) -> bool:
        """Whether *scope* holds the same; equal values count as the same."""
        try:
            state = scope.get(_STATE)
            same = self.values == scope and (state.__class__ is not dict or state == self.state)
        except Exception:  # noqa: BLE001  # to compare somebody else's object may raise anything
            return False
        return same is True


def changes_of(outer: Seen, inner: Seen) -> list[Change]:
    """What differs, except for the headers; each member of ``state`` counts on its own.

    >>> outer = Seen({"type": "http", "path": "/a", "state": {}})
    >>> changes_of(outer, Seen({"type": "http", "path": "/b", "state": {"user": "ada"}}))
    [('path', '/a', '/b'), ('state.user', '<missing>', 'ada')]
    """
    found: list[Change] = []
    _compare(outer.values, inner.values, "", found)
    if outer.state is not None and inner.state is not None:
        _compare(outer.state, inner.state, f"{_STATE}.", found)
    return found


def _compare(
    before: dict[Any, Any], after: dict[Any, Any], prefix: str, found: list[Change]
) -> None:
    for key, value in after.items():
        old = before.get(key, _ABSENT)
        if old is value or key in _OTHERS:
            continue
        if prefix == "" and key == _STATE and old.__class__ is value.__class__ is dict:
            continue  # compared member by member
        was, now = _kept(old), _kept(value)
        # Two objects of one type are a change, though what is kept of them reads the same
        if was != now or (was is not MISSING and now.__class__ is not value.__class__):
            found.append((prefix + str(key), was, now))
    for key, old in before.items():
        if key not in after and key not in _OTHERS:
            found.append((prefix + str(key), _kept(old), MISSING))


def _kept(value: Any) -> Any:
    if value is _ABSENT:
        return MISSING
    kept = bounded(value, _DEPTH)
    # A scope is read as JSON: anything but an atom, a dict or a list would need a type of its own
    return kept if kept.__class__ in ATOMS or kept.__class__ in {dict, list} else str(kept)
